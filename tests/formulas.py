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

def attention(queries, keys, values):
    """Return what one head gathers at each position (Vaswani et al. 2017, equation 1)."""
    gathered = []
    for position, query in enumerate(queries):
        scores = [score / math.sqrt(len(query)) for score in product(query, keys)]
        masked = [-math.inf if i > position else score for i, score in enumerate(scores)]
        columns = [list(column) for column in zip(*values)]
        gathered.append(product(softmax(masked), columns))
    return gathered

def logits(weights, tokens, n_head, activation=relu):
    """Return the logits at each position. The weights are the matrices in the order of drawing."""
    wte, wpe, lm_head, *rest = weights
    xs = [norm(plus(wte[token], wpe[position])) for position, token in enumerate(tokens)]
    head_dim = len(xs[0]) // n_head
    while rest:
        wq, wk, wv, wo, fc1, fc2, *rest = rest
        heads = [[] for _ in xs]
        for start in range(0, len(xs[0]), head_dim):
            part = slice(start, start + head_dim)
            queries = [product(norm(x), wq)[part] for x in xs]
            keys = [product(norm(x), wk)[part] for x in xs]
            values = [product(norm(x), wv)[part] for x in xs]
            heads = [a + b for a, b in zip(heads, attention(queries, keys, values))]
        xs = [plus(x, product(head, wo)) for x, head in zip(xs, heads)]
        hidden = [[activation(a) for a in product(norm(x), fc1)] for x in xs]
        xs = [plus(x, product(h, fc2)) for x, h in zip(xs, hidden)]
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
