"""Adam, the decay, what a training step is made of, and what it prints."""

import math
import re
from statistics import mean

from helpers import ABC, SOURCE, TINY, TextCase, floats, gradients, lines, losses, mean_loss, run, scatter


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
        done = self.load(**TINY, num_steps=5, learning_rate=0.03)
        model, shown = self.load(**TINY), []
        params, rates = model["params"], [0.03 * decay for decay in (1.0, 0.8, 0.6, 0.4, 0.2)]
        start, grads = [param.data for param in params], [[] for _ in params]
        for step in range(5):  # four documents: the fifth step begins again
            shown.append(f"{gradients(model, step):.4f}")  # which moves nothing
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
            self.assertAlmostEqual(gradients(model), expected, places=9, msg=doc)

    def test_an_even_guess_costs_what_the_comment_says(self):
        letters = "abcdefghijklmnopqrstuvwxyz"
        model = self.load(letters, n_embd=4)
        scatter(model, size=0.0)
        self.assertEqual(f"{model['loss_of'](letters).data:.2f}", "3.30")
        self.assertIn("-log(1/27) = 3.30 if all 27 tokens got the same", SOURCE)

    def test_a_rate_so_high_that_a_probability_becomes_0_ends_in_an_error(self):
        done = run(self.write("ab\n" * 9), script=self.copy(learning_rate=50, num_samples=3))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.splitlines()[-1], "^ValueError: ")
        self.assertNotIn("nan", done.stdout)
        self.assertNotIn("sample", done.stdout)

    def test_sixty_narrow_layers_and_two_wide_ones_train(self):
        for n_layer, n_embd in ((60, 4), (2, 64)):
            output = self.load(n_layer=n_layer, n_embd=n_embd, num_steps=3)["output"]
            self.assertEqual(len(losses(output)), 3)

class Output(TextCase):
    SMALL = {"n_embd": 2, "n_head": 1, "block_size": 2}

    def test_the_mean_is_that_of_the_last_100_losses_or_of_all_so_far(self):
        model = self.load(num_steps=130, **self.SMALL)
        shown, numbers = losses(model["output"]), model["losses"]
        self.assertEqual((len(shown), len(numbers)), (130, 130))
        for i, pair in enumerate(shown):
            recent = mean(numbers[max(0, i - 99) : i + 1])
            self.assertEqual(pair, (f"{numbers[i]:.4f}", f"{recent:.4f}"))

    def test_the_lines_are_those_of_the_specification(self):
        expected = ["num docs: 4", "vocab size: 4", "num params: 3456"]
        step = r"step    %d /    2 \| loss \d\.\d{4} \| mean \d\.\d{4}"
        expected += [step % 1, step % 2, r"sample  1: [abc]*(  \(known\))?", r"\Z"]
        output = lines(self.load(num_steps=2, num_samples=1)["output"])
        self.assertRegex(output, r"\A" + "\n".join(expected))

    def test_a_line_is_written_over_the_last_but_each_hundredth_and_the_last_stay(self):
        output = self.load(num_steps=201, **self.SMALL)["output"]
        parts = re.findall("step +([0-9]+) ([^\r\n]*)(\r\n?)", output)
        self.assertEqual([int(step) for step, _, _ in parts], [*range(1, 202)])
        self.assertEqual([step for step, _, end in parts if end == "\r\n"], ["100", "200", "201"])
        self.assertEqual(len({len(rest) for _, rest, _ in parts}), 1)

    def test_a_run_does_not_depend_on_the_order_of_hashes(self):
        copy, text = self.copy(num_steps=3, num_samples=3), self.write(ABC)
        outputs = {run(text, script=copy, env={"PYTHONHASHSEED": n}).stdout for n in ("0", "1")}
        self.assertEqual(len(outputs), 1)
        self.assertIn("sample  3: ", outputs.pop())
