# %% 1. The knobs: what a GPT is made of
"""microgpt: a whole GPT, trained and sampled, in one file of plain Python.

It learns from a text, one document per line, to guess the next character, and then makes up new
documents. Read it from top to bottom: knobs, documents, tokens, gradients, vectors, parameters,
building blocks, the GPT, training, the loss drawn, sampling. Brackets give shapes: [n_embd] is a
list of n_embd Values, [n_out][n_in] is n_out lists of n_in.

The algorithm is that of the models behind ChatGPT; what makes them large and fast is left out:
tensors and batches on GPUs, BPE tokens, FlashAttention, AdamW with warm-up. What differs from
GPT-2: RMSNorm without gain instead of LayerNorm, one right after the embeddings, none before
lm_head (there it would keep the scores from growing with x); ReLU instead of GELU; no biases; no
dropout (some numbers zeroed in training, after attention and the MLP, before add); an lm_head that
does not share its weights with the token embeddings; other starting weights; one document per
step; one character per token.
"""
import argparse
import io
import os
import random
import sys
from collections import deque
from math import cos, exp, inf, isfinite, log, nan, pi, pow, sqrt
from operator import mul

about = "Train a small GPT on a text, one document per line, and print what it makes up."
parser = argparse.ArgumentParser("microgpt.py", description=about, allow_abbrev=False)
parser.error = lambda message: parser.exit(2, f"microgpt: {message} (--help lists the options)\n")

def knob(name, default, meaning, least=None, **rest):
    """Add an option of its default's type; a number must be finite and not below `least`."""
    def read(text):
        value = type(default)(text)
        if least is not None and not least <= value < inf:
            problem = f"must be a finite number of at least {least}, not {text}"
            raise argparse.ArgumentTypeError(problem)
        return value
    read.__name__ = "whole number" if type(default) is int else "number"  # for argparse to say
    parser.add_argument(name, type=read, default=default, help=f"{meaning} ({default})", **rest)

parser.add_argument("text", nargs="?", metavar="TEXT", help="The text, in UTF-8. (input.txt)")
knob("--n-layer", 1, "Layers, each an attention and a small neural network, the MLP.", least=1)
knob("--n-embd", 16, "How many numbers stand for one token: the width.", least=1)
knob("--n-head", 4, "Attention heads, which divide the width among them.", least=1)
knob("--block-size", 16, "How many tokens the model can read at most.", least=1)
knob("--activation", "relu", "The bend in the MLP: ReLU, or its square.", choices=["relu", "relu2"])
knob("--num-steps", 1000, "Training steps, one document each.", least=0)
knob("--learning-rate", 0.01, "How far the first steps move a parameter.", least=1e-9)
knob("--lr-decay", "linear", "How the rate falls to 0.", choices=["linear", "cosine"])
knob("--num-samples", 20, "Samples to draw after training.", least=0)
knob("--temperature", 0.5, "Low gives likely samples, high gives wild ones.", least=1e-9)
knob("--prompt", "", "What every sample begins with.")
knob("--seed", 42, "The same seed gives the same run.", least=0)

# Options are read only where this file was started as a program; a notebook's own are not for it.
source, command = knob.__code__.co_filename, "".join(sys.argv[:1])
piped = (source, command) == ("<stdin>", "-")  # python - --n-layer 2 < microgpt.py
launched = piped or os.path.abspath(source) == os.path.abspath(command)
args = parser.parse_args(sys.argv[1:] if launched else [])
n_layer, n_embd, n_head, block_size = args.n_layer, args.n_embd, args.n_head, args.block_size
if n_embd % n_head:
    parser.error(f"--n-embd {n_embd} does not divide evenly among --n-head {n_head}")
head_dim = n_embd // n_head

# %% 2. Documents: one per line
def show(line, end="\n"):
    """Print at once; if the reader has gone, as with `| head`, end without a word."""
    try:
        print(line, end=end, flush=True)
    except BrokenPipeError:
        sys.exit(1)

def documents(data):
    """Return the non-empty lines of UTF-8 bytes, stripped. ValueError: not UTF-8, or no lines."""
    text = data.decode("utf-8").lstrip("\ufeff")  # the byte-order mark of some editors
    docs = [line.strip() for line in io.StringIO(text, newline=None) if line.strip()]
    if not docs:
        raise ValueError("it has no text in it")
    return docs

def download(path, url="https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt"):
    """Keep 32,033 first names as the file `path`: all of them, or none."""
    import http.client  # here, as they are rarely needed and slow to import
    import urllib.request
    part = path + ".part"
    try:
        with urllib.request.urlopen(url, timeout=30) as reply:
            data = reply.read()
        if documents(data)[0].startswith("<"):
            raise ValueError("it is a web page")
        with open(part, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except (OSError, ValueError, RuntimeError, http.client.HTTPException) as error:
        sys.exit(f"microgpt: no {path} here, and {url} failed: {error}; name a text of your own")
    finally:
        if os.path.exists(part):
            os.remove(part)

path = args.text
if path is None:
    beside = os.path.join(os.path.dirname(os.path.abspath(source)), "input.txt")
    path = beside if os.path.exists(beside) else "input.txt"
    if not os.path.exists(path):
        download(path)
try:
    with open(path, "rb") as file:
        docs = documents(file.read())
except (OSError, ValueError) as error:
    reason = getattr(error, "strerror", None) or error
    sys.exit(f"microgpt: {path!r}: {reason}; name a UTF-8 text with one document per line")
if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(errors="replace")  # a "?" for what the output's encoding cannot show

random.seed(args.seed)
random.shuffle(docs)
show(f"num docs: {len(docs)}")
cut = [len(doc) for doc in docs if len(doc) > block_size]  # these are not read to the end
if cut:
    show(f"docs cut to {block_size} characters: {len(cut)} (--block-size {max(cut) + 1} cuts none)")

# %% 3. Tokens: a number for each character
chars = sorted(set().union(*docs))  # a character's token is its place in this list
token_of = {char: token for token, char in enumerate(chars)}
BOS = len(chars)  # one more token, "beginning of sequence", which stands at the end as well
vocab_size = len(chars) + 1  # also the number of rows of wte and lm_head, below
show(f"vocab size: {vocab_size}")

def encode(prompt):
    """Return the tokens that a sample begins with. ValueError: unknown characters, or too many."""
    unknown = sorted({char for char in prompt if char not in token_of})
    if unknown:
        raise ValueError(f"the text has no {', '.join(map(repr, unknown))} to learn from")
    if len(prompt) >= block_size:
        raise ValueError(f"{len(prompt)} characters leave no room in a block size of {block_size}")
    return [token_of[char] for char in prompt]

try:
    encode(args.prompt)
except ValueError as error:
    parser.error(f"argument --prompt: {error}")

# %% 4. Gradients: how much each number matters to the loss
# The loss is one number: how bad the model's guesses were. To lower it, training must know for each
# parameter which way the loss goes, and how fast, as that parameter grows: its gradient.
class Tape:
    """The computed Values, in the order of creation (Wengert 1964)."""
    new = []  # those since the last backward()
    old = []  # those it used, kept until the next operation in case it is called again

tape = Tape()
GONE = "computed before an earlier backward(), so its inputs are forgotten: compute it again"

def check(inputs):
    """Forget the old, to free its memory. RuntimeError: one of the inputs was among them."""
    if tape.old:
        for value in tape.old:
            value.inputs = value.slopes = None
        tape.old = []
    for value in inputs:
        if value.inputs is None:
            raise RuntimeError(GONE)

class Value:
    """A number that remembers what it was computed from.

    `data` is the number, `inputs` are the Values it was computed from, and `slopes` says for each
    input how fast `data` grows as that input grows. After `loss.backward()`, `grad` (the gradient)
    is how fast the loss grows as this Value grows:

    >>> a, b = Value(2.0), Value(3.0)
    >>> loss = a * b + a
    >>> loss.backward()
    >>> a.grad, b.grad  # the product grows 3 times as fast as a, and `+ a` adds 1
    (4.0, 2.0)
    """
    __slots__ = ("data", "grad", "inputs", "slopes")

    def __init__(self, data, inputs=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.inputs, self.slopes = inputs, slopes
        if inputs:
            if type(inputs) is tuple:
                check(inputs)
            elif inputs.tape is not tape.new:  # a Vector (section 5), checked when it was made
                raise RuntimeError(GONE)
            tape.new.append(self)

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        a, b, power = self.data, other.data, self.data**other.data
        # math's pow, unlike **, raises ValueError where the result would be a complex number
        slopes = (b * pow(a, b - 1) if b else 0.0, power * log(a) if a > 0 else nan)
        return Value(power, (self, other), slopes)

    def exp(self): return Value(exp(self.data), (self,), (exp(self.data),))
    def log(self): return Value(log(self.data), (self,), (1 / self.data,))
    def relu(self): return self if self.data > 0 else Value(0.0)  # max(0, x); 0 passes nothing on
    def __neg__(self): return self * -1
    def __sub__(self, other): return self + -other
    def __rsub__(self, other): return -self + other
    def __truediv__(self, other): return self * other**-1
    def __rtruediv__(self, other): return self**-1 * other
    def __rpow__(self, other): return Value(other) ** self
    def __repr__(self): return f"Value(data={self.data}, grad={self.grad})"
    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        """Set the grad of every Value that this one, the loss, was computed from.

        An input matters to the loss through each of its results, by the result's grad times the
        slope (the chain rule), so a grad must be complete before it is passed on. Results are made
        after their inputs, so the tape backwards has every result first. Plain recursion fails: for
        b = a + a, c = b + b it passes b's grad on at 1 and again at 2: a gets (1+1) + (2+2) = 6,
        not 4. Computed Values start from 0; in the others, grad adds up until you set it to 0.
        RuntimeError: the loss was computed before an earlier backward(); its inputs are gone."""
        if self.inputs is None:
            raise RuntimeError(GONE)
        graph = tape.new or tape.old
        for value in graph:
            value.grad = 0.0
        self.grad += 1.0  # the loss grows just as fast as itself
        for value in reversed(graph):
            grad, inputs, slopes = value.grad, value.inputs, value.slopes
            if grad == 0.0:
                continue  # it does not affect the loss
            # += and not =, as an input that is used twice matters in both places.
            if type(slopes) is Vector:  # a dot product (section 5): the slope is the other factor
                for a, b, a_data, b_data in zip(inputs, slopes, inputs.data, slopes.data):
                    a.grad += grad * b_data
                    b.grad += grad * a_data
            else:
                for a, slope in zip(inputs, slopes):
                    a.grad += grad * slope
        tape.new, tape.old = [], graph

# %% 5. Vectors: a whole dot product as one Value
class Vector(list):
    """A list of Values; `data` has their numbers, read once for all the dot products to come."""
    __slots__ = ("data", "tape")

    def __init__(self, values):
        super().__init__(values)
        check(self)
        self.tape = tape.new
        self.data = [value.data for value in self]

def dot(a, b):
    """Return a[0]*b[0] + a[1]*b[1] + ... of two Vectors as one Value: [n], [n] -> one.

    It is what a neuron computes, and a single Value instead of one for each product and each sum:
    nothing else saves as much time. The slope of each a[i] is b[i], and the other way round; so the
    Value keeps a as its `inputs` and b as its `slopes`, and backward() serves both."""
    if a.tape is not b.tape:
        raise RuntimeError(GONE)
    return Value(sum(map(mul, a.data, b.data)), a, b)

# %% 6. Parameters: the numbers that are learned
def matrix(n_out, n_in):
    """Return small random weights, so that no two neurons start alike: [n_out][n_in]."""
    return [[Value(random.gauss(0, 0.08)) for _ in range(n_in)] for _ in range(n_out)]

wte = matrix(vocab_size, n_embd)  # token embeddings: what is known of each character
wpe = matrix(block_size, n_embd)  # position embeddings: what is known of each place
lm_head = matrix(vocab_size, n_embd)  # from what the layers found to a score for each token
layers, matrices = [], [wte, wpe, lm_head]
for _ in range(n_layer):
    layer = {name: matrix(n_embd, n_embd) for name in ("wq", "wk", "wv", "wo")}  # the attention
    layer["fc1"] = matrix(4 * n_embd, n_embd)  # the MLP: to four times the width,
    layer["fc2"] = matrix(n_embd, 4 * n_embd)  # and back
    layers.append(layer)
    matrices += layer.values()
params = [param for weights in matrices for row in weights for param in row]
show(f"num params: {len(params)}")

# %% 7. Building blocks
def linear(x, weights):
    """Return the dot product of x with each row of weights: [n_in], [n_out][n_in] -> [n_out]."""
    return Vector([dot(row, x) for row in weights])

def add(x, y):
    """Return the sums, number by number: [n], [n] -> [n]."""
    return Vector([a + b for a, b in zip(x, y)])

def rmsnorm(x):
    """Scale x to a mean square of 1, whatever its size (Zhang and Sennrich 2019): [n] -> [n]."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5  # 1e-5 so that zeros do not divide by zero
    return Vector([value * scale for value in x])

def logsumexp(logits, temperature=1.0):
    """Return log(sum(exp(logit / temperature))) of the scores, called logits: [n] -> one."""
    top = max(logits.data)  # subtracted so that exp cannot overflow, and added back below: as it
    # makes no difference to the result, it may be a plain number, without a slope
    powers = [exp((logit - top) / temperature) for logit in logits.data]
    total = sum(powers)
    slopes = [power / total / temperature for power in powers]
    return Value(log(total) + top / temperature, logits, slopes)

def softmax(logits, temperature=1.0):
    """Turn scores into probabilities, exp(logit / temperature) over the sum of all: [n] -> [n].

    A temperature of 0.5 doubles all logits: likely tokens gain. Above 1 they lose."""
    norm = logsumexp(logits, temperature)  # a probability is exp(logit / temperature - norm),
    pairs = zip(logits, norm.slopes)  # and the slope of norm is that, divided by the temperature
    return Vector([Value(s * temperature, (x, norm), (s, -s * temperature)) for x, s in pairs])

def cross_entropy(logits, target):
    """Return -log(softmax(logits)[target]), the loss of one guess: sure and right costs 0, an even
    guess among n costs log(n), sure and wrong much more. It never takes log(0): [n] -> one."""
    return logsumexp(logits) - logits[target]

# %% 8. The GPT: one token in, a score for each possible next token out
def start_document():
    """Return the weights (the same Values, in new Vectors: Adam moved them) and a cache: per layer
    and head, an empty list of keys and one of values."""
    groups = [*layers, {"lm_head": lm_head}]
    weights = [{name: [Vector(row) for row in rows] for name, rows in g.items()} for g in groups]
    return weights, [[([], []) for _ in range(n_head)] for _ in range(n_layer)]

def attention(x, layer, cache):
    """Gather from this and earlier tokens what matters here (Vaswani et al. 2017): [n] -> [n].

    The cache holds the keys and values of each head for the tokens so far. Later ones are not in it
    yet. Only a model that reads all tokens at once must hide them, with a "causal mask". Keys and
    values are Values: in training, gradients pass through them into earlier tokens."""
    gathered = []
    for head, (keys, values) in enumerate(cache):
        rows = slice(head * head_dim, (head + 1) * head_dim)  # each head can look for another thing
        query = linear(x, layer["wq"][rows])  # what this token looks for: [head_dim]
        keys.append(linear(x, layer["wk"][rows]))  # what it can be found by
        values.append(linear(x, layer["wv"][rows]))  # what it passes on when found
        logits = Vector([dot(query, key) for key in keys])  # [tokens so far]
        shares = softmax(logits, sqrt(head_dim))  # longer vectors have larger dots: scale down
        gathered += [dot(shares, Vector(column)) for column in zip(*values)]  # [head_dim]
    return linear(Vector(gathered), layer["wo"])

def mlp(x, layer):
    """Work on what was gathered, in a multilayer perceptron, two layers of neurons: [n] -> [n]."""
    hidden = [value.relu() for value in linear(x, layer["fc1"])]  # [4 n]
    if args.activation == "relu2":
        hidden = [value * value for value in hidden]  # So et al. 2021
    return linear(Vector(hidden), layer["fc2"])

def gpt(token, position, weights, cache):
    """Return the logits, a score for each token to come next: [vocab_size]. The cache grows."""
    x = rmsnorm(add(wte[token], wpe[position]))  # what the token is, and where it stands: [n_embd]
    for layer, layer_cache in zip(weights[:-1], cache):
        x = add(x, attention(rmsnorm(x), layer, layer_cache))  # x + ...: a layer only adds to x,
        x = add(x, mlp(rmsnorm(x), layer))  # so that gradients have a straight way back
    return linear(x, weights[-1]["lm_head"])

# %% 9. Training: guess, measure, adjust
mean_grad, mean_square = [0.0] * len(params), [0.0] * len(params)

def adam(step, rate, beta1=0.85, beta2=0.99, eps=1e-8):
    """Move each parameter against its gradient, then clear it (Kingma and Ba 2015, algorithm 1).

    One document's gradient is noisy: a running mean steadies it. Divided by the root of the mean
    square, it moves every parameter by about `rate`, whether its gradients are large or small."""
    grads = [param.grad for param in params]
    mean_grad[:] = [beta1 * m + (1 - beta1) * g for m, g in zip(mean_grad, grads)]
    mean_square[:] = [beta2 * s + (1 - beta2) * g * g for s, g in zip(mean_square, grads)]
    rate /= 1 - beta1 ** (step + 1)  # both means began at 0 and are too small at first;
    lack = 1 - beta2 ** (step + 1)  # dividing by these makes up for it
    for param, m, s in zip(params, mean_grad, mean_square):
        param.data -= rate * m / (sqrt(s / lack) + eps)  # eps, so as not to divide by 0
        param.grad = 0.0

terminal = hasattr(sys.stdout, "isatty") and sys.stdout.isatty()
notebook = "IPython" in sys.modules and not isinstance(sys.stdout, (io.TextIOWrapper, io.StringIO))
begin, end = ("\r", "") if terminal or notebook else ("", "\n")  # redraw the line, or add one
losses, means = [], []  # of each step: the loss of its document; the mean of the last 100 losses
try:
    for step in range(args.num_steps):
        doc = docs[step % len(docs)][:block_size]
        tokens = [BOS] + [token_of[char] for char in doc] + [BOS]
        weights, cache = start_document()
        guesses = []
        for position, (token, target) in enumerate(zip(tokens[:block_size], tokens[1:])):
            logits = gpt(token, position, weights, cache)
            guesses.append(cross_entropy(logits, target))
        loss = sum(guesses) / len(guesses)
        if not isfinite(loss.data):
            sys.exit(f"microgpt: the loss is {loss.data} at step {step + 1}: lower --learning-rate")
        loss.backward()
        progress = step / args.num_steps
        decay = 1 - progress if args.lr_decay == "linear" else 0.5 * (1 + cos(pi * progress))
        adam(step, args.learning_rate * decay)
        losses.append(loss.data)
        means.append(sum(losses[-100:]) / len(losses[-100:]))  # one document's loss jumps about
        place = f"step {step + 1:4d} / {args.num_steps:4d}"
        show(f"{begin}{place} | loss {loss.data:.4f} | mean {means[-1]:.4f}", end)
except KeyboardInterrupt:
    for param in params:
        param.grad = 0.0  # of a step half done
if begin and means:
    show("")
if len(means) < args.num_steps:
    show(f"stopped at step {len(means) + 1}: the samples come from what was learned before")

# %% 10. The loss, drawn
def curve(numbers, width=50):
    """Return the numbers as one line of bars; plain ASCII where the output takes no others."""
    bars = "▁▂▃▄▅▆▇█"
    try:
        bars.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        bars = "_.-=+*%#"
    low, span = min(numbers), max(numbers) - min(numbers) or 1.0
    picked = [numbers[i * (len(numbers) - 1) // (width - 1)] for i in range(width)]
    return "".join(bars[int((n - low) / span * (len(bars) - 1))] for n in picked)

if means:
    even = f"guessing evenly: ln {vocab_size} = {log(vocab_size):.4f}"
    show(f"mean {means[0]:.4f} {curve(means)} {means[-1]:.4f} ({even})")

# %% 11. Sampling: draw a token from what the model expects, feed it back, repeat
def sample(prompt="", temperature=0.5):
    """Return one text that begins with the prompt. ValueError: an argument, or diverged weights."""
    if not temperature > 0:
        raise ValueError(f"the temperature must be above 0, not {temperature}")
    given = encode(prompt)
    saved = tape.new, tape.old
    tape.new, tape.old = deque(maxlen=0), []  # no gradients needed: a tape that keeps nothing
    try:
        weights, cache = start_document()
        token, text = BOS, ""
        for position in range(block_size):
            logits = gpt(token, position, weights, cache)
            chances = softmax(logits, temperature).data  # [vocab_size]
            if not isfinite(sum(chances)):
                raise ValueError("the training diverged: lower --learning-rate")
            if position < len(given):
                token = given[position]
            else:
                token = random.choices(range(vocab_size), chances)[0]
            if token == BOS:
                break
            text += chars[token]
        return text
    finally:
        tape.new, tape.old = saved

known, drawn = set(docs), []
try:
    for i in range(args.num_samples):
        drawn.append(sample(args.prompt, args.temperature))
        show(f"sample {i + 1:2d}: {drawn[-1]}{'  (known)' if drawn[-1] in known else ''}")
except ValueError as error:
    sys.exit(f"microgpt: {error}")
except KeyboardInterrupt:
    if launched and "IPython" not in sys.modules:
        sys.exit(130)
if drawn:
    new = sum(text not in known for text in drawn)
    others = f", the others stand in {os.path.basename(path)}" if new < len(drawn) else ""
    show(f"{new} of {len(drawn)} samples are new{others}")
