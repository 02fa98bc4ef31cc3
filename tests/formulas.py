"""The GPT, its loss and Adam by the formulas of the papers, in plain floats: what the tests expect.

Nothing here comes from microgpt.py. The model reads a whole sequence at once, behind a causal mask.
"""

import math


def relu(number):
    return max(number, 0.0)

def softmax(scores):
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]

def product(vector, matrix):
    """Return the matrix times the vector."""
    return [sum(a * b for a, b in zip(row, vector)) for row in matrix]

def plus(x, y):
    return [a + b for a, b in zip(x, y)]

def norm(x):
    root_mean_square = math.sqrt(sum(a * a for a in x) / len(x) + 1e-5)
    return [a / root_mean_square for a in x]

def head(queries, keys, values):
    """Return what one head gathers at each position (Vaswani et al. 2017, equation 1)."""
    gathered = []
    for position, query in enumerate(queries):
        scores = [score / math.sqrt(len(query)) for score in product(query, keys)]
        masked = [-math.inf if i > position else score for i, score in enumerate(scores)]
        columns = [list(column) for column in zip(*values)]
        gathered.append(product(softmax(masked), columns))
    return gathered

def attention(xs, wq, wk, wv, wo, n_head):
    """Return what all heads gather at each position, mixed by wo."""
    size = len(wq) // n_head
    gathered = [[] for _ in xs]
    for start in range(0, len(wq), size):
        part = slice(start, start + size)
        queries = [product(x, wq)[part] for x in xs]
        keys = [product(x, wk)[part] for x in xs]
        values = [product(x, wv)[part] for x in xs]
        gathered = [a + b for a, b in zip(gathered, head(queries, keys, values))]
    return [product(x, wo) for x in gathered]

def mlp(x, fc1, fc2, activation=relu):
    return product([activation(a) for a in product(x, fc1)], fc2)

def logits(weights, tokens, n_head, activation=relu):
    """Return the logits at each position. The weights are the matrices in the order of drawing."""
    wte, wpe, lm_head, *rest = weights
    xs = [norm(plus(wte[token], wpe[position])) for position, token in enumerate(tokens)]
    while rest:
        wq, wk, wv, wo, fc1, fc2, *rest = rest
        gathered = attention([norm(x) for x in xs], wq, wk, wv, wo, n_head)
        xs = [plus(x, y) for x, y in zip(xs, gathered)]
        xs = [plus(x, mlp(norm(x), fc1, fc2, activation)) for x in xs]
    return [product(x, lm_head) for x in xs]

def loss(weights, tokens, n_head, activation=relu):
    """Return the mean of -log(probability of the next token) over a sequence."""
    scores = logits(weights, tokens[:-1], n_head, activation)
    costs = [-math.log(softmax(row)[target]) for row, target in zip(scores, tokens[1:])]
    return sum(costs) / len(costs)

def adam(number, gradients, rates, beta1=0.85, beta2=0.99, epsilon=1e-8):
    """Return a parameter after these updates (Kingma and Ba 2015, algorithm 1)."""
    m = v = 0.0
    for t, (gradient, rate) in enumerate(zip(gradients, rates), 1):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        number -= rate * m_hat / (math.sqrt(v_hat) + epsilon)
    return number
