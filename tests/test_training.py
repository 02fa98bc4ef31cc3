"""Adam, the two decays, and what a training step is made of."""

import math
import sys

from helpers import TINY, TextCase, floats, losses, mean_loss, run, scatter

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
    def test_the_first_updates_are_those_of_the_paper(self):
        model = self.load(*TINY)
        grads = [[1.0, -2.0, 0.5], [1e-9, 0.0, -1e-9], [0.0, 3.0, 100.0]]
        rates = [0.01, 0.007, 0.002]
        chosen = model["params"][0], model["params"][100], model["params"][-1]
        expected = [adam(param.data, g, rates) for param, g in zip(chosen, grads)]
        still = model["params"][1].data
        for step in range(3):
            for param, g in zip(chosen, grads):
                param.grad = g[step]
            model["adam"](step, rates[step])
            for param, path in zip(chosen, expected):
                self.assertAlmostEqual(param.data, path[step], places=15)
        self.assertEqual(model["params"][1].data, still)

    def test_a_run_is_gradients_adam_and_decay_on_one_document_a_step(self):
        linear = [1.0, 0.8, 0.6, 0.4, 0.2]
        cosine = [0.5 * (1 + math.cos(math.pi * i / 5)) for i in range(5)]
        for name, decay in (("linear", linear), ("cosine", cosine)):
            knobs = ["--num-steps", 5, "--learning-rate", 0.03, "--lr-decay", name]
            done = self.load(*TINY, *knobs)
            model, shown = self.load(*TINY), []
            params, rates = model["params"], [0.03 * d for d in decay]
            start, grads = [param.data for param in params], [[] for _ in params]
            for step in range(5):  # four documents: the fifth step begins again
                shown.append(f"{model['train_step'](step, 0.0):.4f}")  # which moves nothing
                for param, first, past in zip(params, start, grads):
                    past.append(param.grad)
                    param.data = adam(first, past, rates)[-1]
            self.assertEqual([loss for loss, _ in losses(done["output"])], shown)
            for ours, theirs in zip(done["params"], params):
                self.assertAlmostEqual(ours.data, theirs.data, places=12)

class Step(TextCase):
    def loss(self, doc, block_size):
        """Return the loss of a step on one document, and that of the tokens by the formulas."""
        knobs = ["--n-embd", 4, "--n-head", 2, "--block-size", block_size]
        model = self.load(*knobs, text=f"{doc}\n")
        scatter(model)
        tokens = [model["BOS"], *map(sorted(set(doc)).index, doc), model["BOS"]]
        weights = floats(model)
        return model["train_step"](0, 0.01), lambda n: mean_loss(weights, tokens[: n + 1], 2)

    def test_every_character_and_the_end_are_guessed_where_they_fit(self):
        ours, theirs = self.loss("abca", 5)
        self.assertAlmostEqual(ours, theirs(5), places=9)

    def test_a_document_as_long_as_the_block_is_read_to_its_last_character(self):
        ours, theirs = self.loss("abcab", 5)
        self.assertAlmostEqual(ours, theirs(5), places=9)
        self.assertNotAlmostEqual(ours, theirs(4), places=3)

    def test_a_longer_document_is_cut_to_the_block(self):
        ours, theirs = self.loss("abcabc", 5)
        self.assertAlmostEqual(ours, theirs(5), places=9)

    def test_gradients_are_those_of_this_document_alone(self):
        model = self.load(*TINY)
        scatter(model)
        model["train_step"](0, 0.0)
        first = [param.grad for param in model["params"]]
        model["train_step"](1, 0.0)
        self.assertNotEqual([param.grad for param in model["params"]], first)
        model["train_step"](0, 0.0)
        self.assertEqual([param.grad for param in model["params"]], first)

    def test_an_interrupt_anywhere_in_a_step_leaves_nothing_for_the_next(self):
        model, fresh = self.load(*TINY), self.load(*TINY)
        scatter(model)
        calls = 0

        def interrupt(frame, event, argument):
            nonlocal calls
            calls -= event == "call"
            if calls == 0:
                sys.setprofile(None)
                raise KeyboardInterrupt

        for after in (1, 2, 30, 500, 1500, 2500, 3500, 4200, 4400):
            calls = after
            with self.assertRaises(KeyboardInterrupt):
                try:
                    sys.setprofile(interrupt)
                    for step in range(4):
                        model["train_step"](step, 0.01)
                finally:
                    sys.setprofile(None)
            for ours, theirs in zip(model["params"], fresh["params"]):
                theirs.data, theirs.grad = ours.data, 0.0
            self.assertEqual(model["train_step"](0, 0.0), fresh["train_step"](0, 0.0))
            for ours, theirs in zip(model["params"], fresh["params"]):
                self.assertEqual(ours.grad, theirs.grad)

    def test_a_loss_that_is_not_finite_stops_the_run_before_adam_in_a_line_naming_the_knob(self):
        message = "the loss is not finite; try a lower learning_rate"
        model = self.load(*TINY)
        for size in (1e5, math.nan):
            scatter(model, size=size)
            before = [repr(param.data) for param in model["params"]]
            with self.assertRaisesRegex(ArithmeticError, f"^{message}$"):
                model["train_step"](6, 0.01)
            self.assertEqual([repr(param.data) for param in model["params"]], before)
        done = run(self.write("ab\n"), "--learning-rate", 1e6, "--num-steps", 9)
        self.assertEqual((done.returncode, done.stderr), (1, f"microgpt: step 2: {message}\n"))
        self.assertEqual(len(losses(done.stdout)), 1)

class Output(TextCase):
    def test_the_mean_is_that_of_the_last_100_losses_or_of_all_so_far(self):
        knobs = "--num-steps", 130, "--n-embd", 2, "--n-head", 1, "--block-size", 2
        model = self.load(*knobs)
        shown, numbers = losses(model["output"]), model["losses"]
        self.assertEqual((len(shown), len(numbers)), (130, 130))
        for i, pair in enumerate(shown):
            last = numbers[max(0, i - 99) : i + 1]
            self.assertEqual(pair, (f"{numbers[i]:.4f}", f"{sum(last) / len(last):.4f}"))

    def test_the_lines_are_those_of_the_specification(self):
        lines = self.load("--num-steps", 2, "--num-samples", 1)["output"].splitlines()
        self.assertEqual(lines[:3], ["num docs: 4", "vocab size: 4", "num params: 3456"])
        self.assertRegex(lines[3], r"^step    1 /    2 \| loss \d\.\d{4} \| mean \d\.\d{4}$")
        self.assertRegex(lines[4], r"^step    2 /    2 \| loss \d\.\d{4} \| mean \d\.\d{4}$")
        self.assertRegex(lines[5], r"^sample  1: [abc]*")
        self.assertEqual(len(lines), 6)

    def test_sixty_narrow_layers_and_two_wide_ones_train(self):
        for n_layer, n_embd in ((60, 4), (2, 64)):
            model = self.load("--n-layer", n_layer, "--n-embd", n_embd, "--num-steps", 3)
            self.assertEqual(len(losses(model["output"])), 3)
