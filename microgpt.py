"""microgpt: a whole GPT, trained and sampled, in one file of plain Python.

Read it once, from top to bottom, and you will have seen every step by which a list of names becomes
a machine that makes up new ones. The models behind ChatGPT do the same on a far larger scale.

Follow one name through it. "emma" becomes a list of tokens, 26 4 12 12 0 26, in which 26 marks both
ends (section 3). The model reads one token at a time and guesses the next (sections 5 to 7). The
loss says how far off its guesses were, and a gradient says for each of the 4,192 numbers in the
model how the loss would change if that number grew (sections 4 and 8). Each number then moves a
little to lower the loss. After 1,000 names, the model makes up 20 of its own (section 9)."""
import math
import random
import sys
from pathlib import Path
from statistics import mean

# %% 1. The settings
dataset = "input.txt"  # the text to learn from: one document (here: a name) a line
n_layer = 1            # how many layers a token goes through, one after another
n_embd = 16            # how many numbers describe one token inside the model
n_head = 4             # how many heads a layer has; each can look for a different thing in the text
block_size = 16        # how many tokens the model can read; the rest of a document is cut off
num_steps = 1000       # how many steps the training takes, one document each
learning_rate = 0.01   # how far the first steps move each number in the model
num_samples = 20       # how many documents to make up after the training
temperature = 0.5      # low values give likely documents, high values wild ones
seed = 42              # the same seed gives the same run

head_dim = n_embd // n_head  # how many of the n_embd numbers each head works on
assert n_embd % n_head == 0, "n_embd must be a multiple of n_head"
assert temperature > 0, "temperature must be above 0"

# %% 2. The documents: the lines of the text, shuffled
if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):  # ignores a notebook's own -f
    dataset = sys.argv[1]  # as in: python microgpt.py names.txt
if dataset == "input.txt" and not Path(dataset).exists():
    from urllib.request import urlopen  # the names are fetched once
    url = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt"
    Path(dataset).write_bytes(urlopen(url, timeout=30).read())
with open(dataset, encoding="utf-8-sig") as file:  # UTF-8, with or without a byte-order mark
    docs = [line.strip() for line in file if line.strip()]
assert docs, f"there is no text in {dataset}"
random.seed(seed)
random.shuffle(docs)
print("num docs:", len(docs))

# %% 3. The tokens: a number for each character
chars = sorted(set("".join(docs)))  # a character's token is its place in this list: a is 0, b is 1
token_of = {char: token for token, char in enumerate(chars)}
BOS = len(chars)  # "beginning of sequence": one more token, which marks both ends of a document
vocab_size = len(chars) + 1
print("vocab size:", vocab_size)

# %% 4. The gradients: which way to move each number
tape = []  # every computed Value, oldest first; backward() goes through them from the last one
# It is cleared before each training step and after each sample, as otherwise it would only grow.

class Value:
    """A number that remembers what it was computed from, so that its gradient can be found.

    >>> a, b = Value(2.0), Value(3.0)
    >>> loss = a * b + a
    >>> loss.backward()
    >>> a.grad, b.grad  # loss grows 3 + 1 = 4 times as fast as a, and 2 times as fast as b
    (4.0, 2.0)"""
    __slots__ = ("data", "grad", "inputs", "slopes")  # saves memory, as there will be many Values

    def __init__(self, data, inputs=(), slopes=()):
        self.data = data  # the number
        self.grad = 0.0  # its gradient: how fast the loss grows as this number grows
        self.inputs = inputs  # the Values it was computed from, if any
        self.slopes = slopes  # how fast it grows as each of its inputs grows
        if inputs:
            tape.append(self)

    # Python calls __add__ for a + b. Each operation computes a number, and a slope for each input.
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        # 2.001 + 3 is 0.001 more than 2 + 3, so the slope of the 2 is 1, and so is that of the 3.
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        # 2.001 * 3 is 0.003 more than 2 * 3, so the slope of the 2 is 3, and that of the 3 is 2.
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):  # n is a plain number; a negative Value needs a whole n
        # 5.001 ** 2 is 0.010 more than 5 ** 2, so the slope is 10. The rule is n * x ** (n - 1).
        return Value(math.pow(self.data, n), (self,), (n * math.pow(self.data, n - 1),))

    def exp(self):  # 2.718 ** self
        # exp(2) is 7.389, and exp(2.001) is 0.0074 more, so the slope is exp(2) itself.
        power = math.exp(self.data)
        return Value(power, (self,), (power,))

    def log(self):  # the number whose exp is self
        # log(5.001) is 0.0002 more than log(5), so the slope is 0.2, which is 1 / 5.
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def relu(self):  # negative numbers become 0, all others stay as they are
        return Value(max(self.data, 0.0), (self,), (1.0 if self.data > 0 else 0.0,))

    def __radd__(self, other): return self + other  # for 0 + a, with which sum() begins
    def __rmul__(self, other): return self * other
    def __neg__(self): return self * -1
    def __sub__(self, other): return self + -other
    def __rsub__(self, other): return -self + other
    def __truediv__(self, other): return self * other**-1
    def __rtruediv__(self, other): return self**-1 * other
    def __repr__(self): return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        """Find the grad of every Value from which this one, the loss, was computed.

        The chain rule says: if the loss grows 3 times as fast as a Value, and the Value 2 times as
        fast as one of its inputs, then the loss grows 6 times as fast as that input. So walk the
        tape backwards. Whatever was computed from a Value comes after it on the tape, so by the
        time the walk reaches the Value, its grad is complete, with a share for each use. Parameters
        (section 5) are not on the tape. Their grads add up until a training step sets them to 0."""
        assert self in tape, "this Value has no inputs, or the tape has been cleared"
        for node in tape:
            node.grad = 0.0  # an earlier loss may have left a grad
        self.grad = 1.0  # the loss grows exactly as fast as itself
        for node in reversed(tape):
            grad = node.grad
            if grad:  # a grad of 0 would add nothing
                for source, slope in zip(node.inputs, node.slopes):
                    source.grad += grad * slope  # each use of a source adds its share

def dot(x, y):  # [n], [n] -> Value: it takes two lists of n Values and returns one Value
    """Return the dot product x[0] * y[0] + x[1] * y[1] + ... as one Value. Written with * and +, it
    would be about 2n Values. A GPT computes mostly dot products, so this makes the program fast."""
    assert len(x) == len(y), f"x has {len(x)} Values, y has {len(y)}"
    total = 0.0
    for a, b in zip(x, y):
        total += a.data * b.data
    # x + y joins the lists. As in a * b, the slope of each Value is the number it is multiplied by.
    return Value(total, x + y, [b.data for b in y] + [a.data for a in x])

# %% 5. The parameters: the numbers that are learned
def matrix(n_out, n_in):  # -> [n_out][n_in], which is n_out lists of n_in Values
    """Return small random Values. If all began equal, most rows would stay equal."""
    return [[Value(random.gauss(0, 0.08)) for _ in range(n_in)] for _ in range(n_out)]

wte = matrix(vocab_size, n_embd)  # token embeddings: for each token, numbers that describe it
wpe = matrix(block_size, n_embd)  # position embeddings: numbers that describe each position
lm_head = matrix(vocab_size, n_embd)  # language model head: turns a description into scores
layers = [{
    "wq": matrix(n_embd, n_embd),  # for attention (section 7): query, key, value and output
    "wk": matrix(n_embd, n_embd),
    "wv": matrix(n_embd, n_embd),
    "wo": matrix(n_embd, n_embd),
    "fc1": matrix(4 * n_embd, n_embd),  # for the MLP (section 7); fc is short for fully connected
    "fc2": matrix(n_embd, 4 * n_embd),
} for _ in range(n_layer)]
matrices = [wte, wpe, lm_head] + [weights for layer in layers for weights in layer.values()]
params = [param for weights in matrices for row in weights for param in row]
print("num params:", len(params))

# %% 6. The building blocks
def linear(x, weights):  # [n_in], [n_out][n_in] -> [n_out]
    """Return the dot product of x with each row of weights. Such a row is a neuron: its weights say
    how much each number in x counts, and whether it adds or subtracts."""
    return [dot(row, x) for row in weights]

def add(x, y):  # [n], [n] -> [n]
    return [a + b for a, b in zip(x, y)]

def rmsnorm(x):  # [n] -> [n]
    """Scale x so that its root mean square (rms) becomes about 1, which keeps its numbers from
    becoming huge or tiny (Zhang and Sennrich 2019)."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5  # ** -0.5 is 1 / root; 1e-5 avoids dividing by 0
    return [a * scale for a in x]

def softmax(logits):  # [n] -> [n]
    """Turn any scores, called logits, into probabilities, which add up to 1. A score that is higher
    by 1 comes out 2.7 times as probable."""
    largest = max([logit.data for logit in logits])
    # Only differences between logits count, so subtracting the largest changes no probability.
    exps = [(logit - largest).exp() for logit in logits]  # no exp is above 1, so none overflows
    scale = sum(exps) ** -1  # the exps add up to 1 when multiplied by this
    return [e * scale for e in exps]

# %% 7. The GPT: one token in, a score for each possible next token out
def attention(x, layer, keys, values):  # [n_embd] -> [n_embd]
    """Gather what matters to this token from all tokens so far (Vaswani et al. 2017).

    Learned weights make three lists from x: a query, what this token looks for; a key, how it can
    be found; and a value, what it hands over when found (a list, not our class Value). Key and
    value join those of the earlier tokens in the cache, `keys` and `values`. No token sees a later
    one: that is not there yet. Cached Values are on the tape, so gradients go back through them."""
    query = linear(x, layer["wq"])
    keys.append(linear(x, layer["wk"]))
    values.append(linear(x, layer["wv"]))
    gathered = []
    for start in range(0, n_embd, head_dim):  # each head has its own part of query, key and value
        end = start + head_dim
        # The dot product is large if query and key agree: like signs add to it, others subtract.
        # Longer lists give larger dot products; dividing by the root of the length makes up for it.
        scores = [dot(query[start:end], key[start:end]) / head_dim**0.5 for key in keys]
        attention_weights = softmax(scores)  # [tokens so far]
        # Weights of 0.7, 0.2, 0.1 gather 0.7 of the first token's value, 0.2 of the next, ...
        for i in range(start, end):  # gathers number i of every token's value
            gathered.append(dot(attention_weights, [value[i] for value in values]))
    return linear(gathered, layer["wo"])  # mixes what the heads gathered

def mlp(x, layer):  # [n_embd] -> [n_embd]
    """A multilayer perceptron: each hidden neuron, a row of fc1, looks for a pattern in x. If the
    pattern is missing, relu makes the neuron 0. Otherwise, fc2 says what it adds to the result."""
    hidden = [h.relu() for h in linear(x, layer["fc1"])]  # [4 * n_embd]
    return linear(hidden, layer["fc2"])

def gpt(token, position, cache):  # -> [vocab_size]
    """Read one token and return the logits, a score for each token that could come next. The cache
    holds the keys and values of each layer; those of this token are appended to it.

    GPT-2, if you know it, has longer tokens; LayerNorm, not rmsnorm; a norm before lm_head, not
    after the embeddings; GELU, not relu; gains and biases; dropout; and wte as its lm_head."""
    x = rmsnorm(add(wte[token], wpe[position]))  # describes the token and its position: [n_embd]
    # Attention and MLP read x scaled anew, as their results are added to x, the residual stream.
    for layer, (keys, values) in zip(layers, cache):
        x = add(x, attention(rmsnorm(x), layer, keys, values))
        x = add(x, mlp(rmsnorm(x), layer))
    return linear(x, lm_head)

# %% 8. The training: guess, measure, find the gradients, adjust
def loss_of(doc):  # -> Value
    """Return the mean cost of the guesses (cross-entropy). A guess costs -log(probability of the
    right token): -log(1) = 0 if it was certain, -log(1/27) = 3.30 if all 27 tokens got the same."""
    tokens = [BOS] + [token_of[char] for char in doc] + [BOS]  # for "emma", 26 4 12 12 0 26
    cache = [([], []) for _ in layers]  # for each layer, its keys and its values
    costs = []
    pairs = zip(tokens[:block_size], tokens[1:])  # 26 4; 4 12; 12 12; 12 0; 0 26
    for position, (token, target) in enumerate(pairs):
        probs = softmax(gpt(token, position, cache))
        costs.append(-probs[target].log())
    return sum(costs) / len(costs)

mean_grads = [0.0] * len(params)    # for each parameter, the running mean of its gradient
mean_squares = [0.0] * len(params)  # for each parameter, the running mean of its squared gradient
beta1 = 0.85  # how much of the mean gradient is kept at each step; the new gradient is the rest
beta2 = 0.99  # the same for the mean square
eps = 1e-8    # prevents a division by 0

def adam(step, rate):
    """Move each parameter against its gradient (Kingma and Ba 2015). One document says little, so
    use the running mean of the gradients. Divide it by their usual size, the root of the mean
    square, so that parameters with small gradients learn, too."""
    bias_correction1 = 1 - beta1 ** (step + 1)  # the means start at 0 and are too small at first
    bias_correction2 = 1 - beta2 ** (step + 1)
    for i, param in enumerate(params):
        mean_grads[i] = beta1 * mean_grads[i] + (1 - beta1) * param.grad
        mean_squares[i] = beta2 * mean_squares[i] + (1 - beta2) * param.grad * param.grad
        usual_size = math.sqrt(mean_squares[i] / bias_correction2)
        param.data -= rate * (mean_grads[i] / bias_correction1) / (usual_size + eps)

def train_step(step):
    """Learn from one document and return its loss, a plain number."""
    assert step < num_steps, "to train for more steps, raise num_steps"
    tape.clear()  # removes the Values of the previous document
    for param in params:
        param.grad = 0.0
    loss = loss_of(docs[step % len(docs)])  # guess, measure
    loss.backward()  # find the gradients
    decay = 1 - step / num_steps  # the learning rate falls evenly towards 0
    adam(step, learning_rate * decay)  # adjust
    return loss.data

losses = []
for step in range(num_steps):
    losses.append(train_step(step))
    recent = mean(losses[-100:])  # some names are harder to guess than others, so watch the mean
    line = f"step {step + 1:4d} / {num_steps:4d} | loss {losses[-1]:.4f} | mean {recent:.4f}"
    print(line, end="\r")  # the next line is written over this one
    if (step + 1) % 100 == 0 or step + 1 == num_steps:
        print()  # this keeps every hundredth line and the last one

# %% 9. The samples: draw a token from what the model expects, feed it back in, and repeat
def sample():  # -> str
    """Make up a document. A temperature of 0.5 doubles the logits and the lead of likely tokens."""
    cache = [([], []) for _ in layers]
    token, doc = BOS, ""
    for position in range(block_size):
        probs = softmax([logit / temperature for logit in gpt(token, position, cache)])
        token = random.choices(range(vocab_size), weights=[p.data for p in probs])[0]
        if token == BOS:
            break
        doc += chars[token]
    tape.clear()  # no backward() follows, so the Values of this sample can go
    return doc

for i in range(num_samples):
    doc = sample()
    known = "  (known)" if doc in docs else ""  # it is in the text
    print(f"sample {i + 1:2d}: {doc}{known}")
