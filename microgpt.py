"""microgpt: a whole GPT, trained and sampled, in one file of plain Python.

Read it once, from top to bottom, and you will have seen every step by which a list of names becomes
a machine that makes up new ones. The models behind ChatGPT do the same on a far larger scale.

Follow one name through it. "emma" becomes a list of tokens, 26 4 12 12 0 26, in which 26 marks both
ends (section 3). The model reads one token at a time and guesses, each time, which comes next
(sections 6 to 8). The loss says how far off its guesses were (section 9), and a gradient says for
each of the 4,192 numbers in the model how the loss would change if that number grew (sections 4 and
5). Each number then moves a little to lower the loss, the next name follows, and after 1,000 names
the model makes up 20 of its own (section 10).

Brackets give shapes: [n_embd] is a list of n_embd numbers, [n_out][n_in] a list of n_out lists of
n_in numbers each, and [n_in] -> [n_out] says what a function takes and what it returns."""
import argparse
import math
import random
import sys
from pathlib import Path

# %% 1. The knobs: change them here, or on the command line
text = "input.txt"    # what to learn from: one document (here: a name) a line; fetched if missing
n_layer = 1           # how many layers the model has, each with attention and an MLP (section 8)
n_embd = 16           # how many numbers describe one token inside the model
n_head = 4            # how many different things a layer can look for in the tokens so far
block_size = 16       # the most tokens that the model can read
activation = "relu"   # in the MLP: "relu" (section 4), or "relu2" for its square
num_steps = 1000      # training steps, one document each
learning_rate = 0.01  # how far a step moves each number of the model, at the beginning
lr_decay = "linear"   # how this rate shrinks to 0 by the end: "linear" or "cosine"
num_samples = 20      # how many documents to make up after training: the samples
temperature = 0.5     # near 0 the likeliest character always comes next, above 1 it gets wild
prompt = ""           # what each sample begins with
seed = 42             # the same seed gives the same run
# Housekeeping; you may skip to section 2. It lets you run python microgpt.py names.txt --n-layer 2
least = {"n_layer": 1, "n_embd": 1, "n_head": 1, "block_size": 1, "num_steps": 0, "num_samples": 0,
         "learning_rate": 1e-9, "temperature": 1e-9}
if __name__ == "__main__" and "kernel_launcher" not in sys.argv[0]:  # not a notebook's cell
    knobs = {k: v for k, v in globals().items() if k[0] != "_" and type(v) in (int, float, str)}
    parser = argparse.ArgumentParser("microgpt.py", epilog="The top of the file explains each.")
    parser.add_argument("text", nargs="?", metavar="TEXT", help="(%(default)s)")
    for name in [k for k in knobs if k != "text"]:
        option, kind = "--" + name.replace("_", "-"), type(least.get(name, knobs[name]))
        parser.add_argument(option, type=kind, help="(%(default)s)")
    parser.set_defaults(**knobs)
    globals().update(vars(parser.parse_args()))

# %% 2. The documents: the lines of the text, shuffled (housekeeping down to `docs =`)
path, source = Path(text), text
try:
    if text == "input.txt" and not path.exists():
        path = Path(globals().get("__file__", "")).parent / text  # beside this file
        if not path.exists():
            from urllib.request import urlopen  # here, as it is rarely needed
            source = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt"
            path.with_suffix(".part").write_bytes(urlopen(source, timeout=30).read())
            path.with_suffix(".part").replace(path)  # the whole text, or none
    docs = [line.strip() for line in path.read_text("utf-8-sig").split("\n") if line.strip()]
except Exception as error: sys.exit(f"microgpt: cannot load {source!r}: {error}")
random.seed(seed)
random.shuffle(docs)
print("num docs:", len(docs))

# %% 3. The tokens: a number for each character
chars = sorted(set("".join(docs)))  # a character's token is its place in this list: a is 0, b is 1
token_of = {char: token for token, char in enumerate(chars)}
BOS = len(chars)  # "beginning of sequence": one more token, which marks both ends of a document
vocab_size = len(chars) + 1
print("vocab size:", vocab_size)
# Housekeeping again, up to section 4: settings that cannot work are refused before any training.
for ok, rule in [
    *((low <= globals()[k] <= 1e9, f"{k} must be from {low} to 1e9") for k, low in least.items()),
    (n_embd % (n_head or 1) == 0, f"{n_embd=} must be a multiple of {n_head=}"),
    (activation in ("relu", "relu2"), f"{activation=} must be 'relu' or 'relu2'"),
    (lr_decay in ("linear", "cosine"), f"{lr_decay=} must be 'linear' or 'cosine'"),
    (docs, f"{text!r} has no text in it"),
    (set(prompt) <= set(chars), f"{prompt=} may contain only {''.join(chars)[:99]}"),
    (len(prompt) < block_size, f"{prompt=} leaves no room in {block_size=}"),
]:
    if not ok: sys.exit(f"microgpt: {rule}")
cut = sum(len(doc) > block_size for doc in docs)
if cut: print(f"docs cut to {block_size} characters: {cut}")

# %% 4. Gradients: which way to move each number
tape = []  # every computed Value, oldest first; train_step() clears it before each document

class Value:
    """A number that remembers what it was computed from, so that its gradient can be found.

    `data` is the number, `inputs` are the Values it was computed from, if any, and `slopes` (or
    derivatives) say how fast it grows as each of them grows. `grad` is its gradient, once
    `loss.backward()` has found it: how fast the loss grows as this number grows.

    >>> a, b = Value(2.0), Value(3.0)
    >>> loss = a * b + a
    >>> loss.backward()
    >>> a.grad, b.grad  # a * b grows 3 times as fast as a, and `+ a` adds 1
    (4.0, 2.0)"""
    __slots__ = ("data", "grad", "inputs", "slopes")  # only these: smaller and faster

    def __init__(self, data, inputs=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.inputs, self.slopes = inputs, slopes
        if inputs: tape.append(self)

    # Python calls __add__ for a + b, and __radd__ for 0 + b, as in sum(). Each finds its result and
    # a slope for each input: in 2 * 3, with 0.001 more in the 2, 0.003 more comes out, so slope 3.
    def __add__(self, other):
        if isinstance(other, Value):
            return Value(self.data + other.data, (self, other), (1.0, 1.0))
        return Value(self.data + other, (self,), (1.0,))

    def __mul__(self, other):
        if isinstance(other, Value):
            return Value(self.data * other.data, (self, other), (other.data, self.data))
        return Value(self.data * other, (self,), (other,))
    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, n):  # n is a plain number. 5.001**2 is 25.01, so slope 10, or 2 * 5**1
        if self.data <= 0 and n % 1: raise RuntimeError(f"{self.data} ** {n}: must be above 0")
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    # exp(x), 2.718**x, is its own slope; log undoes it, slope 1 / x; relu turns negatives into 0.
    def exp(self): return Value(math.exp(self.data), (self,), (math.exp(self.data),))
    def log(self): return Value(math.log(self.data), (self,), (1 / self.data,))
    def relu(self): return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))
    def __neg__(self): return self * -1
    def __sub__(self, other): return self + -other
    def __rsub__(self, other): return -self + other
    def __truediv__(self, other): return self * other**-1
    def __rtruediv__(self, other): return self**-1 * other
    def __repr__(self): return f"Value(data={self.data}, grad={self.grad})"

    def pass_on(self):
        """Add to the grad of each input its share, by the chain rule: if the loss grows 3 times as
        fast as this Value, and this Value 2 times as fast as an input, then the loss grows 6 times
        as fast as that input. It is += and not =, because an input may be used more than once."""
        for node, slope in zip(self.inputs, self.slopes): node.grad += self.grad * slope

    def backward(self):
        """Backpropagation: find the grad of every Value behind this one, the loss. A grad must be
        complete before it is passed on, and be passed on only once. Walking the tape backwards
        ensures both: each Value comes once, after all that was computed from it. With b = a + a and
        c = b + b, first c gives 1 + 1 to b, then b gives 2 + 2 to a: 4. If b passed on its first 1
        at once (1 + 1) and later its full 2 (2 + 2), a would get 6. Values not on the tape, such as
        parameters, pass nothing on and add up their grad. RuntimeError: self is not on the tape."""
        if self not in reversed(tape): raise RuntimeError("not on the tape")  # faster from its end
        for node in tape: node.grad = 0.0  # left by an earlier backward(); parameters keep theirs
        self.grad = 1.0  # the loss grows exactly as fast as itself
        for node in reversed(tape):
            if node.grad: node.pass_on()  # 0 has nothing to pass on

# %% 5. Dot products: many Values in one
class Dot(Value):
    """x[0] * y[0] + x[1] * y[1] + ... as a single Value: [n], [n] -> one. It gives the number and
    gradients of sum(a * b for a, b in zip(x, y)), but one Value instead of 2n, which is why this
    program is fast. Instead of `inputs` and `slopes` it has x and y: the slope of x[0] is y[0], and
    so on. backward() reads them, so do not change the lists, or data in them, before it is done."""
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        if len(x) != len(y): raise ValueError(f"a dot product of {len(x)} and {len(y)} numbers")
        super().__init__(sum([a.data * b.data for a, b in zip(x, y)]))
        self.x, self.y = x, y
        tape.append(self)  # by hand, as it has no `inputs`

    def pass_on(self):
        grad = self.grad
        for a, b in zip(self.x, self.y):
            a.grad += grad * b.data
            b.grad += grad * a.data

# %% 6. The parameters: the numbers that are learned
def matrix(n_out, n_in):
    """Return small random numbers: [n_out][n_in]. If all were equal, all would learn the same."""
    return [[Value(random.gauss(0, 0.08)) for _ in range(n_in)] for _ in range(n_out)]

wte = matrix(vocab_size, n_embd)  # weights, token embeddings: a row for each token, to describe it
wpe = matrix(block_size, n_embd)  # weights, position embeddings: a row for each position
lm_head = matrix(vocab_size, n_embd)  # language model head: turns the description into scores
layers, matrices = [], [wte, wpe, lm_head]
for _ in range(n_layer):
    layer = {name: matrix(n_embd, n_embd) for name in ("wq", "wk", "wv", "wo")}  # (section 8)
    layer["fc1"], layer["fc2"] = matrix(4 * n_embd, n_embd), matrix(n_embd, 4 * n_embd)
    layers.append(layer)
    matrices += layer.values()
params = [param for weights in matrices for row in weights for param in row]
print("num params:", len(params))

# %% 7. Building blocks
def linear(x, weights):
    """Return the dot product of x with each row of weights: [n_in], [n_out][n_in] -> [n_out]. A row
    is a neuron: its weights say how much each number in x counts for it, and which way."""
    return [Dot(row, x) for row in weights]

def add(x, y):
    """Add two lists number by number: [n], [n] -> [n]."""
    return [a + b for a, b in zip(x, y)]

def rmsnorm(x):
    """Scale x so that its numbers are neither huge nor tiny (Zhang and Sennrich 2019): [n] -> [n].
    The mean of their squares becomes about 1, whatever is added to x in section 8."""
    scale = (Dot(x, x) / len(x) + 1e-5) ** -0.5  # 1 / root mean square; 1e-5: never divide by 0
    return [a * scale for a in x]

def softmax(logits):
    """Turn any scores, called logits, into probabilities that add up to 1: [n] -> [n]. exp makes
    them positive, and a score higher by 1 comes out 2.7 times as probable. Only differences count,
    so subtracting the largest changes neither result nor gradients, and keeps every exp small."""
    largest = max([logit.data for logit in logits])
    exps = [(logit - largest).exp() for logit in logits]
    scale = Value(sum([e.data for e in exps]), exps, [1.0] * len(exps)) ** -1  # 1 / sum(exps), fast
    return [e * scale for e in exps]

# %% 8. The GPT: one token in, a score for each possible next token out
def attention(x, layer, keys, values):
    """Gather what matters to this token from all so far (Vaswani et al. 2017): [n] -> [n].
    Learned weights make three lists from x: a query, what this token looks for; a key, how it can
    be found; and a value, what it hands over when found (a list, not our class)."""
    query = linear(x, layer["wq"])
    # Key and value join those of earlier tokens in the cache, `keys` and `values`. No token sees a
    # later one, as that is not there yet. All are on the tape: gradients go back through them.
    keys.append(linear(x, layer["wk"]))
    values.append(linear(x, layer["wv"]))
    gathered, head_dim = [], n_embd // n_head
    scale = head_dim**-0.5  # longer lists have larger dot products: this makes up for it
    # Each head has its own part of the lists, so different heads can look for different things.
    for start in range(0, n_embd, head_dim):
        end = start + head_dim
        # The dot product is large if query and key agree: like signs add to it, others subtract.
        scores = [Dot(query[start:end], key[start:end]) * scale for key in keys]
        # Shares of 0.7, 0.2, 0.1 will gather 0.7 of the first token's value, 0.2 of the next, ...
        shares = softmax(scores)  # [tokens so far]
        for i in range(start, end):
            gathered.append(Dot(shares, [value[i] for value in values]))  # number i of every value
    return linear(gathered, layer["wo"])  # o for output: brings together what the heads found

def mlp(x, layer):
    """Two matrices with relu between, a multilayer perceptron: [n] -> [n]. Each hidden neuron looks
    for a pattern in x, and is 0 without it, by relu. The second matrix says what a pattern adds."""
    hidden = [h.relu() for h in linear(x, layer["fc1"])]  # [4 * n_embd]; fc: fully connected
    if activation == "relu2": hidden = [h * h for h in hidden]
    return linear(hidden, layer["fc2"])

def gpt(token, position, cache):
    """Read a token, put its key and value in each layer's cache, return logits: [vocab_size]."""
    x = rmsnorm(add(wte[token], wpe[position]))  # which token, and where, scaled: [n_embd]
    # Residual connections: attention and mlp add to x, so gradients also go past them, by the +.
    for layer, (keys, values) in zip(layers, cache):
        x = add(x, attention(rmsnorm(x), layer, keys, values))
        x = add(x, mlp(rmsnorm(x), layer))
    return linear(x, lm_head)

# %% 9. Training: guess, measure, find the gradients, adjust
def loss_of(doc):
    """Return the cross-entropy, the mean cost of guessing each token from those before: one Value.
    A guess that is sure and right costs -log(1) = 0, an even one among 27 tokens -log(1/27) = 3.30;
    the less probability the right token was given, the more it costs."""
    tokens = [BOS] + [token_of[char] for char in doc] + [BOS]  # as 26 4 12 12 0 26
    costs, cache = [], [([], []) for _ in layers]
    for position, (token, target) in enumerate(zip(tokens[:block_size], tokens[1:])):
        probs = softmax(gpt(token, position, cache))  # it is not shown the target
        if not probs[target].data > 0:  # but 0 or nan (not a number)
            raise FloatingPointError("the loss is not finite; try a lower learning_rate")
        costs.append(-probs[target].log())
    return sum(costs) / len(costs)

mean_grad, mean_sq = [0.0] * len(params), [0.0] * len(params)  # for each parameter, since step 0
def adam(step, rate, beta1=0.85, beta2=0.99, eps=1e-8):
    """Move each parameter against its gradient (Kingma and Ba 2015). One document's gradient is
    noisy, so take a running mean: 85% of the mean so far, 15% of the new gradient. Divide it by
    the gradient's usual size, the root of a mean of squares, so that small ones count, too."""
    fix1, fix2 = 1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)  # means start at 0, so too small
    for i, p in enumerate(params):
        m = mean_grad[i] = beta1 * mean_grad[i] + (1 - beta1) * p.grad
        s = mean_sq[i] = beta2 * mean_sq[i] + (1 - beta2) * p.grad * p.grad
        p.data -= rate * (m / fix1) / (math.sqrt(s / fix2) + eps)  # eps: never divide by 0

def train_step(step, rate):
    """Learn from document number `step`, and return its loss, a plain number."""
    tape.clear()  # the previous document's Values: they pass no grad on any more
    for param in params: param.grad = 0.0
    loss = loss_of(docs[step % len(docs)])  # guess, measure
    loss.backward()  # find the gradients
    adam(step, rate)  # adjust
    return loss.data

losses = []  # the loss of each step; `screen` and `stays` only keep the printed line tidy
screen = "ipykernel" in sys.modules or (hasattr(sys.stdout, "isatty") and sys.stdout.isatty())
try:
    for step in range(num_steps):
        done = step / num_steps
        decay = 1 - done if lr_decay == "linear" else 0.5 * (1 + math.cos(math.pi * done))
        losses.append(train_step(step, learning_rate * decay))
        mean = sum(losses[-100:]) / len(losses[-100:])  # some names are harder: watch this mean
        line = f"step {step + 1:4d} / {num_steps:4d} | loss {losses[-1]:.4f} | mean {mean:.4f}"
        stays = not screen or (step + 1) % 100 == 0 or step + 1 == num_steps
        print(line.ljust(48 if screen else 0), end="\n" if stays else "\r", flush=True)
except FloatingPointError as error: sys.exit(f"microgpt: step {step + 1}: {error}")
except KeyboardInterrupt: print("\nstopped: the samples come from what was learned so far")

# %% 10. Sampling: draw a token from what the model expects, feed it back in, and repeat
def sample(prompt=prompt, temperature=temperature):  # knobs changed later do not count
    """Return a document that begins with the prompt. A temperature of 0.5 doubles all logits, which
    makes likely tokens likelier still; one above 1 makes the chances more even."""
    start, cache = len(tape), [([], []) for _ in layers]
    token, doc = BOS, ""
    for position in range(block_size):
        probs = softmax([logit / temperature for logit in gpt(token, position, cache)])
        if position < len(prompt): token = token_of[prompt[position]]  # given
        else: token = random.choices(range(vocab_size), weights=[p.data for p in probs])[0]
        if token == BOS: break
        doc += chars[token]
    del tape[start:]  # only this sample's: nobody asks for their gradients
    return doc

if hasattr(sys.stdout, "reconfigure"): sys.stdout.reconfigure(errors="replace")  # unprintable: ?
for i in range(num_samples):
    new = sample()
    print(f"sample {i + 1:2d}: {new}{'  (known)' if new in docs else ''}")  # in the text
