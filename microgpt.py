"""This is a GPT, all of it, in plain Python. ChatGPT is the same idea, grown enormous.

Let's follow one name. "emma" becomes the tokens 26 4 12 12 0 26, where 26 marks both ends. The
model reads one token at a time and guesses the next. The loss says how wrong it was, and for each
of the model's 4,192 numbers, a gradient says how the loss would change if that number grew. Then
the numbers are nudged to lower the loss. A thousand names later, the model dreams up 20 of its own.
"""
import math
import random
import sys
from itertools import count
from pathlib import Path

# %% 1. Settings: yours to change
dataset = "input.txt"  # one document per line: here, a name
n_layer = 1            # transformer layers
n_embd = 16            # how many numbers describe each token
n_head = 4             # attention heads per layer; each can look for something different
block_size = 16        # tokens the model can read; any more are cut off
num_steps = 1000       # one document each
learning_rate = 0.01   # size of the first nudges
beta1 = 0.85           # how much of the old mean gradient Adam keeps
beta2 = 0.99           # the same for the mean square
num_samples = 20       # documents to dream up
temperature = 0.5      # lower is safer, higher is wilder
seed = 42              # same seed, same run

assert n_embd % n_head == 0, "n_embd must be a multiple of n_head"
head_dim = n_embd // n_head

# %% 2. Documents: something to learn from
if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):  # notebooks pass their own options
    dataset = sys.argv[1]
if dataset == "input.txt" and not Path(dataset).exists():
    from urllib.request import urlopen
    url = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt"
    Path(dataset).write_bytes(urlopen(url, timeout=30).read())
with open(dataset, encoding="utf-8-sig") as file:
    docs = [line.strip() for line in file if line.strip()]
assert docs, f"there is no text in {dataset}"
random.seed(seed)
random.shuffle(docs)
print("num docs:", len(docs))

# %% 3. Tokens: a number for each character
chars = sorted(set("".join(docs)))
token_of = {char: token for token, char in enumerate(chars)}  # a is 0, b is 1
BOS = len(chars)  # "beginning of sequence": one extra token to mark both ends
vocab_size = len(chars) + 1
print("vocab size:", vocab_size)

# %% 4. Gradients: which way to nudge each number
class Value:
    """A number that remembers what it was computed from, so that gradients can be traced back.

    >>> a, b = Value(2.0), Value(3.0)
    >>> loss = a * b + a
    >>> loss.backward()
    >>> a.grad, b.grad  # the loss grows 3 + 1 = 4 times as fast as a, and twice as fast as b
    (4.0, 2.0)
    """
    __slots__ = ("birth_order", "data", "grad", "inputs", "slopes")  # saves memory
    births = count()

    def __init__(self, data, inputs=(), slopes=()):
        self.data = data
        self.grad = 0.0       # its gradient: how fast the loss grows as this number grows
        self.inputs = inputs  # the Values it was computed from
        self.slopes = slopes  # how fast it grows as each input grows
        self.birth_order = next(Value.births)  # inputs are born first

    def __add__(self, other):  # Python calls this for a + b
        other = other if isinstance(other, Value) else Value(other)
        # 2.001 + 3 is 0.001 more than 2 + 3: a slope of 1 for each
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        # 2.001 * 3 is 0.003 more than 2 * 3: a slope of 3 for the 2, and 2 for the 3
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        # 5.001 ** 2 is 0.010 more than 5 ** 2: a slope of 10, by the rule n * x ** (n - 1)
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self):  # 2.71828 ** self
        # exp(2) is 7.389, and exp(2.001) is 0.0074 more: exp is its own slope
        return Value(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self):  # the number whose exp is self
        # log(5.001) is 0.0002 more than log(5): a slope of 1 / 5
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def relu(self):  # positive numbers stay as they are (slope 1); the rest become 0 (slope 0)
        return Value(max(self.data, 0.0), (self,), (1.0 if self.data > 0 else 0.0,))

    def __radd__(self, other): return self + other  # sum() starts at 0
    def __rmul__(self, other): return self * other
    def __neg__(self): return self * -1
    def __sub__(self, other): return self + -other
    def __rsub__(self, other): return -self + other
    def __truediv__(self, other): return self * other**-1
    def __rtruediv__(self, other): return self**-1 * other
    def __repr__(self): return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        """Backpropagation: if the loss grows 3 times as fast as a Value, and that Value grows twice
        as fast as an input, the Value adds 3 * 2 = 6 to the input's gradient (the chain rule).
        Go from the newest Value to the oldest. Whatever uses a Value is newer, so by the time we
        reach the Value, every use has added its share. In a * b + a above, the loss passes 1 to
        a * b and 1 to a; then a * b passes 3 more to a, and 2 to b.
        """
        history = self.history()
        for value in history:
            value.grad = 0.0  # a fresh start for computed Values
        self.grad = 1.0  # the loss grows exactly as fast as itself
        for value in reversed(history):
            for source, slope in zip(value.inputs, value.slopes):
                source.grad += value.grad * slope

    def history(self):
        """Return this Value and every computed Value behind it, oldest first."""
        found, todo = {self}, [self]
        while todo:  # visit inputs, their inputs, and so on
            for source in todo.pop().inputs:
                if source.inputs and source not in found:  # parameters have no inputs
                    found.add(source)
                    todo.append(source)
        return sorted(found, key=lambda value: value.birth_order)

def dot(x, y):  # [n], [n] -> Value
    """Return the dot product x[0] * y[0] + x[1] * y[1] + ... as a single Value, for speed."""
    assert len(x) == len(y)
    total = 0.0
    for a, b in zip(x, y):
        total += a.data * b.data
    slopes = [partner.data for partner in [*y, *x]]  # as in a * b, a number's slope is its partner
    return Value(total, [*x, *y], slopes)

# %% 5. Parameters: random numbers, about to learn
def matrix(n_out, n_in):  # -> [n_out][n_in]
    """Return n_out rows of n_in small random Values."""
    return [[Value(random.gauss(0, 0.08)) for _ in range(n_in)] for _ in range(n_out)]

wte = matrix(vocab_size, n_embd)  # token embeddings: one row per token
wpe = matrix(block_size, n_embd)  # position embeddings: on its own, attention ignores order
lm_head = matrix(vocab_size, n_embd)  # language model head: one scoring row per token
layers = [{
    "wq": matrix(n_embd, n_embd),  # for attention: query, key, value, output
    "wk": matrix(n_embd, n_embd),
    "wv": matrix(n_embd, n_embd),
    "wo": matrix(n_embd, n_embd),
    "fc1": matrix(4 * n_embd, n_embd),  # for the MLP: fully connected
    "fc2": matrix(n_embd, 4 * n_embd),
} for _ in range(n_layer)]
matrices = [wte, wpe, lm_head] + [weights for layer in layers for weights in layer.values()]
params = [param for weights in matrices for row in weights for param in row]
print("num params:", len(params))

# %% 6. Building blocks
def linear(x, weights):  # [n_in], [n_out][n_in] -> [n_out]
    """Each row is a neuron: its weights say how much each number in x counts, for or against."""
    return [dot(row, x) for row in weights]

def add(x, y):  # [n], [n] -> [n]
    return [a + b for a, b in zip(x, y)]

def rmsnorm(x):  # [n] -> [n]
    """Rescale x to a root mean square of 1: never huge, never tiny (Zhang and Sennrich 2019)."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5  # 1 / rms; 1e-5 avoids dividing by 0
    return [a * scale for a in x]

def softmax(logits):  # [n] -> [n]
    """Turn scores (logits) into probabilities that add up to 1."""
    # Only differences count, so we can subtract the largest logit to keep exp from overflowing.
    largest = max(logit.data for logit in logits)
    exps = [(logit - largest).exp() for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]

# %% 7. The GPT: guess the next token
def attention(x, layer, keys, values):  # [n_embd] -> [n_embd]
    """Causal self-attention: gather what matters from the tokens so far (Vaswani et al. 2017).

    Learned weights turn x into three lists: a query (what this token looks for), a key (how others
    find it), and a value (what it hands them). No token can see a later one: it isn't there yet.
    """
    query = linear(x, layer["wq"])
    keys.append(linear(x, layer["wk"]))
    values.append(linear(x, layer["wv"]))  # no relation to class Value
    gathered = []
    for head in range(n_head):
        start, end = head * head_dim, (head + 1) * head_dim
        # The dot product is large when query and key agree: same signs add, opposites subtract.
        # Longer lists inflate it; dividing by the root of their length undoes that.
        scores = [dot(query[start:end], key[start:end]) / head_dim**0.5 for key in keys]
        shares = softmax(scores)  # the attention weights
        # Shares of 0.7, 0.2, 0.1 gather 0.7 of the first value, 0.2 of the second, and so on.
        for i in range(start, end):
            gathered.append(dot(shares, [value[i] for value in values]))
    return linear(gathered, layer["wo"])

def mlp(x, layer):  # [n_embd] -> [n_embd]
    """A multilayer perceptron: each fc1 neuron looks for a pattern; fc2 says what a match adds."""
    hidden = [h.relu() for h in linear(x, layer["fc1"])]  # relu: 0 when there's no match
    return linear(hidden, layer["fc2"])

def new_cache():  # KV cache: for each layer, a list of keys and a list of values
    return [([], []) for _ in layers]

def gpt(token, position, cache):  # -> [vocab_size]
    """Read one token into the cache and return the logits, a score for each possible next token."""
    x = rmsnorm(add(wte[token], wpe[position]))  # [n_embd]
    # x is the residual stream: attention and the MLP each read a rescaled copy and add to x itself.
    for layer, (keys, values) in zip(layers, cache):
        x = add(x, attention(rmsnorm(x), layer, keys, values))
        x = add(x, mlp(rmsnorm(x), layer))
    return linear(x, lm_head)

# %% 8. Training: guess, measure, find the gradients, adjust
def loss_of(doc):  # -> Value
    """Return the mean cost (cross-entropy); a guess costs -log(probability of the right token)."""
    tokens = [BOS] + [token_of[char] for char in doc] + [BOS]
    cache, costs = new_cache(), []  # gradients flow through the cache, too
    pairs = zip(tokens[:block_size], tokens[1:])  # emma: 26 4; 4 12; 12 12; 12 0; 0 26
    for position, (token, target) in enumerate(pairs):
        probs = softmax(gpt(token, position, cache))
        # -log(1) = 0 if sure and right, -log(1/27) = 3.30 for a blind guess among 27
        costs.append(-probs[target].log())
    return sum(costs) / len(costs)

mean_grads = [0.0] * len(params)    # running mean of each gradient (Adam's m)
mean_squares = [0.0] * len(params)  # running mean of its square (Adam's v)

def adam(step, rate):
    """Move each parameter against its gradient. One document is noisy, so use a running mean.
    Divide it by the gradient's usual size, so that small gradients count too (Kingma and Ba 2015).
    """
    correction1 = 1 - beta1 ** (step + 1)  # a mean that starts at 0 is too small at first
    correction2 = 1 - beta2 ** (step + 1)
    for i, param in enumerate(params):
        mean_grads[i] = beta1 * mean_grads[i] + (1 - beta1) * param.grad
        mean_squares[i] = beta2 * mean_squares[i] + (1 - beta2) * param.grad * param.grad
        usual_size = math.sqrt(mean_squares[i] / correction2) + 1e-8  # never 0
        param.data -= rate * (mean_grads[i] / correction1) / usual_size

losses = []
for step in range(num_steps):
    for param in params:
        param.grad = 0.0  # backward() won't reset it
    loss = loss_of(docs[step % len(docs)])  # guess, measure
    loss.backward()  # find the gradients
    adam(step, learning_rate * (1 - step / num_steps))  # adjust, by less and less
    loss = loss.data  # let go of its history
    losses.append(loss)
    mean = sum(losses[-100:]) / min(step + 1, 100)  # some names are harder, so watch the mean
    print(f"step {step + 1:4d} / {num_steps:4d} | loss {loss:.4f} | mean {mean:.4f}",
          end="\n" if (step + 1) % 100 == 0 else "\r")

# %% 9. Samples: draw the next token, feed it back in, and repeat
def sample():  # -> str
    """Dream up a document. A temperature of 0.5 doubles the logits: the likeliest get likelier."""
    cache, token, doc = new_cache(), BOS, ""
    for position in range(block_size):
        probs = softmax([logit / temperature for logit in gpt(token, position, cache)])
        token = random.choices(range(vocab_size), weights=[p.data for p in probs])[0]
        if token == BOS:
            break
        doc += chars[token]
    return doc

print()
for i in range(1, num_samples + 1):
    doc = sample()
    print(f"sample {i:2d}: {doc}{'  (known)' if doc in docs else ''}")  # already in the dataset
