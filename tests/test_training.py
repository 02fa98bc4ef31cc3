"""Adam, the two decays, and what a training step is made of."""

import math
import sys

from helpers import TINY, TextCase, floats, losses, mean_loss, options, run, scatter


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
    def test_a_run_is_gradients_adam_and_decay_on_one_document_a_step(self):
        linear = [1.0, 0.8, 0.6, 0.4, 0.2]
        cosine = [0.5 * (1 + math.cos(math.pi * i / 5)) for i in range(5)]
        for name, decay in (("linear", linear), ("cosine", cosine)):
            done = self.load(**TINY, num_steps=5, learning_rate=0.03, lr_decay=name)
            model, shown = self.load(**TINY), []
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
    def test_each_character_and_the_end_are_guessed_as_far_as_they_fit_the_block(self):
        for doc in ("abca", "abcab", "abcabc"):
            model = self.load(doc, n_embd=4, n_head=2, block_size=5)
            scatter(model)
            tokens = [3, *map("abc".index, doc), 3]
            expected = mean_loss(floats(model), tokens[: 5 + 1], 2)
            self.assertAlmostEqual(model["train_step"](0, 0.01), expected, places=9, msg=doc)

    def test_an_earlier_step_leaves_nothing_for_the_next_wherever_it_was_interrupted(self):
        model, fresh, calls = self.load(**TINY), self.load(**TINY), 0

        def interrupt(frame, event, argument):
            nonlocal calls
            calls -= event == "call"
            if calls == 0:
                sys.setprofile(None)
                raise KeyboardInterrupt

        scatter(model)
        for after in (1, 2, 30, 500, 1500, 2500, 3500, 4200, 4400):
            calls = after
            with self.assertRaises(KeyboardInterrupt):
                sys.setprofile(interrupt)
                for step in range(9):
                    model["train_step"](step, 0.01)
            fresh["tape"].clear()
            for ours, theirs in zip(model["params"], fresh["params"]):
                theirs.data, theirs.grad = ours.data, 0.0
            self.assertEqual(model["train_step"](0, 0.0), fresh["train_step"](0, 0.0))
            grads, expected = ([p.grad for p in done["params"]] for done in (model, fresh))
            self.assertEqual(grads, expected)

    def test_a_loss_that_is_not_finite_stops_the_run_before_adam_in_a_line_naming_the_knob(self):
        message = "the loss is not finite; try a lower learning_rate"
        model = self.load(**TINY)
        for size in (1e5, math.nan):
            scatter(model, size=size)
            before = [repr(param.data) for param in model["params"]]
            with self.assertRaisesRegex(ArithmeticError, f"^{message}$"):
                model["train_step"](6, 0.01)
            self.assertEqual([repr(param.data) for param in model["params"]], before)
        done = run(self.write("ab\n"), *options(learning_rate=1e6, num_steps=9))
        self.assertEqual((done.returncode, done.stderr), (1, f"microgpt: step 2: {message}\n"))
        self.assertEqual(len(losses(done.stdout)), 1)

    def test_sixty_narrow_layers_and_two_wide_ones_train(self):
        for n_layer, n_embd in ((60, 4), (2, 64)):
            output = self.load(n_layer=n_layer, n_embd=n_embd, num_steps=3)["output"]
            self.assertEqual(len(losses(output)), 3)

class Output(TextCase):
    def test_the_mean_is_that_of_the_last_100_losses_or_of_all_so_far(self):
        model = self.load(num_steps=130, n_embd=2, n_head=1, block_size=2)
        shown, numbers = losses(model["output"]), model["losses"]
        self.assertEqual((len(shown), len(numbers)), (130, 130))
        for i, pair in enumerate(shown):
            last = numbers[max(0, i - 99) : i + 1]
            self.assertEqual(pair, (f"{numbers[i]:.4f}", f"{sum(last) / len(last):.4f}"))

    def test_the_lines_are_those_of_the_specification(self):
        lines = ["num docs: 4", "vocab size: 4", "num params: 3456"]
        lines += [rf"step    {n} /    2 \| loss \d\.\d{{4}} \| mean \d\.\d{{4}}" for n in (1, 2)]
        lines += [r"sample  1: [abc]*(  \(known\))?", r"\Z"]
        self.assertRegex(self.load(num_steps=2, num_samples=1)["output"], r"\A" + "\n".join(lines))
