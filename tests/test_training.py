"""Adam, the two decays, and what a training step is made of."""

import math

from helpers import TextCase, steps
from test_model import TINY, loss_of


def adam(param, grads, rates, beta1=0.85, beta2=0.99, eps=1e-8):
    """Return a parameter after each update: algorithm 1 of Kingma and Ba (2015), to the letter."""
    m = v = 0.0
    path = []
    for t, (g, rate) in enumerate(zip(grads, rates), 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        param -= rate * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + eps)
        path.append(param)
    return path


class Adam(TextCase):
    def test_the_first_three_updates_are_those_of_the_paper(self):
        model = self.load(*TINY)
        grads = [[1.0, -2.0, 0.5], [1e-9, 0.0, -1e-9], [0.0, 3.0, 100.0]]
        rates = [0.01, 0.007, 0.002]
        chosen = model["params"][0], model["params"][100], model["params"][-1]
        expected = [adam(param.data, g, rates) for param, g in zip(chosen, grads)]
        still = model["params"][1], model["params"][1].data
        for step in range(3):
            for param, g in zip(chosen, grads):
                param.grad = g[step]
            model["adam"](step, rates[step])
            for param, path in zip(chosen, expected):
                self.assertAlmostEqual(param.data, path[step], places=15)
                self.assertEqual(param.grad, 0.0)
        self.assertEqual(still[0].data, still[1])

    def test_a_run_is_gradient_adam_and_decay_on_one_document_a_step(self):
        decays = {
            "linear": [1.0, 0.8, 0.6, 0.4, 0.2],
            "cosine": [0.5 * (1 + math.cos(math.pi * i / 5)) for i in range(5)],
        }
        for name, decay in decays.items():
            run = self.load(*TINY, "--num-steps", 5, "--learning-rate", 0.03, "--lr-decay", name)
            model = self.load(*TINY)
            history = []
            for step in range(5):
                doc = model["docs"][step % 4]  # four documents: the fifth step begins again
                bos = model["vocab_size"] - 1
                tokens = [bos] + ["abc".index(char) for char in doc] + [bos]
                loss = loss_of(model, tokens)
                history.append(loss.data)
                loss.backward()
                moves = [(param, param.grad) for param in model["params"]]
                past = model.setdefault("past", [[] for _ in moves])
                for (param, grad), grads in zip(moves, past):
                    if not grads:
                        grads.append(param.data)
                    grads.append(grad)
                    param.data = adam(grads[0], grads[1:], [0.03 * d for d in decay])[-1]
                    param.grad = 0.0
            self.assertEqual(steps(run["output"])[-1][0], f"{history[-1]:.4f}")
            for ours, theirs in zip(run["params"], model["params"]):
                self.assertAlmostEqual(ours.data, theirs.data, places=12)


class Output(TextCase):
    def test_the_mean_is_that_of_the_last_100_losses_or_of_all_so_far(self):
        model = self.load("--num-steps", 130, "--n-embd", 2, "--n-head", 1, "--block-size", 2)
        shown = steps(model["output"])
        self.assertEqual(len(shown), 130)
        losses = model["losses"]
        for i, (loss, mean) in enumerate(shown):
            last = losses[max(0, i - 99) : i + 1]
            self.assertEqual((loss, mean), (f"{losses[i]:.4f}", f"{sum(last) / len(last):.4f}"))

    def test_the_lines_are_those_of_the_specification(self):
        output = self.load("--num-steps", 2, "--num-samples", 1)["output"].splitlines()
        self.assertEqual(output[:3], ["num docs: 4", "vocab size: 4", "num params: 3456"])
        self.assertRegex(output[3], r"^step    1 /    2 \| loss \d\.\d{4} \| mean \d\.\d{4}$")
        self.assertRegex(output[4], r"^step    2 /    2 \| loss \d\.\d{4} \| mean \d\.\d{4}$")
        self.assertRegex(output[6], r"^sample  1: [abc]*")
        self.assertEqual(len(output), 8)

    def test_the_curve_goes_from_the_first_mean_to_the_last_and_tells_the_cost_of_guessing(self):
        model = self.load("--num-steps", 60)
        line = model["output"].splitlines()[-1]
        first, last = steps(model["output"])[0][1], steps(model["output"])[-1][1]
        even = r"\(guessing evenly: ln 4 = 1\.3863\)"
        self.assertRegex(line, rf"^mean {first} [▁▂▃▄▅▆▇█]{{50}} {last} {even}$")

    def test_the_curve_rises_with_the_numbers_and_ends_with_the_last(self):
        curve = self.load()["curve"]
        self.assertEqual(curve([0, 1, 2, 3, 4, 5, 6, 7], 8), "▁▂▃▄▅▆▇█")
        self.assertEqual(curve([7.0, 0.0, 3.0], 3), "█▁▄")
        self.assertEqual(curve([5.0], 4), "▁▁▁▁")
        self.assertEqual(curve([1.0, 2.0], 4), "▁▁▁█")
        self.assertEqual(curve(list(range(1000)), 8), "▁▁▂▃▄▅▆█")

    def test_without_training_there_is_no_curve(self):
        self.assertEqual(len(self.load()["output"].splitlines()), 3)


class Size(TextCase):
    def test_sixty_layers_of_width_4_train(self):
        model = self.load("--n-layer", 60, "--n-embd", 4, "--n-head", 1, "--num-steps", 3)
        self.assertEqual(len(steps(model["output"])), 3)

    def test_two_layers_of_width_64_train(self):
        model = self.load("--n-layer", 2, "--n-embd", 64, "--num-steps", 3)
        self.assertEqual(len(steps(model["output"])), 3)

    def test_a_value_is_small(self):
        model = self.load()
        self.assertFalse(hasattr(model["Value"](1.0), "__dict__"))
        self.assertFalse(hasattr(model["Vector"]([]), "__dict__"))

    def test_a_step_makes_one_value_a_neuron(self):
        model = self.load("--num-steps", 1)
        tokens = len(model["docs"][0]) + 1
        attention = sum(4 * (2 * (t + 1) + 1 + 4) for t in range(tokens))  # scores, weights, sums
        norms, adds = (
            3 * (4 + 16),
            3 * 16,
        )  # an RMSNorm: a dot product, three operations, 16 products
        at_most = tokens * (16 * 3 + 16 + 64 + 16 + 4 + norms + adds + 3) + attention + tokens + 2
        self.assertLessEqual(len(model["tape"].old), at_most)
