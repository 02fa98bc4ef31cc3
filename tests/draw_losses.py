"""Draw the README's picture, tests/losses.svg, from the recorded figures of the default run.

    python tests/draw_losses.py

The losses are those of golden.txt. The held-out losses, in held_out.txt, were measured by
`python tests/experiments.py --curve`.
"""

import pathlib
import re

TESTS = pathlib.Path(__file__).resolve().parent
PICTURE = TESTS / "losses.svg"
LEFT, RIGHT, TOP, BOTTOM = 64, 612, 8, 336  # the frame, in a picture of 640 by 400
LOWEST, HIGHEST = 1.5, 4.8  # of the losses shown
GREY, BLUE, ORANGE, GREEN = "#858b94", "#6aa9e9", "#e07b00", "#2da44e"  # seen on white and on black

def x_of(step):
    return LEFT + (RIGHT - LEFT) * step / 1000

def y_of(loss):
    return BOTTOM - (BOTTOM - TOP) * (loss - LOWEST) / (HIGHEST - LOWEST)

def line(points, color):
    path = " ".join(f"{x_of(step):.1f},{y_of(loss):.1f}" for step, loss in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="3"/>'

def dots(points, color, size):
    path = "".join(f"M{x_of(step):.1f} {y_of(loss):.1f}h0" for step, loss in points)
    return f'<path d="{path}" stroke="{color}" stroke-width="{size}" stroke-linecap="round"/>'

def text(x, y, words, anchor="middle", color=GREY):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{color}">{words}</text>'

def picture():
    golden = (TESTS / "golden.txt").read_text(encoding="utf-8")
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", golden)]
    means = []
    for step in range(100, 1001):
        means.append((step, sum(losses[step - 100 : step]) / 100))
    held_out = []
    for row in (TESTS / "held_out.txt").read_text(encoding="utf-8").splitlines():
        step, loss = row.split()
        held_out.append((int(step), float(loss)))

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400" viewBox="0 0 640 400"',
        ' font-family="sans-serif" font-size="17">',
        "<title>Losses of the default run: they fall from 3.3 to about 2.4</title>",
    ]
    for loss in (2.0, 2.5, 3.0, 3.5, 4.0):
        y = y_of(loss)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{GREY}" stroke-opacity="0.3"/>')
        parts.append(text(LEFT - 8, y + 6, loss, "end"))
    for step in range(0, 1001, 200):
        parts.append(text(x_of(step), BOTTOM + 22, step))
    parts.append(text((LEFT + RIGHT) / 2, BOTTOM + 48, "training step"))
    parts.append(f'<g transform="rotate(-90 18 176)">{text(18, 176, "loss")}</g>')
    parts.append(f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="{GREY}"/>')
    parts.append(dots(enumerate(losses, 1), BLUE, 3.5))
    parts.append(line(means, ORANGE))
    parts.append(line(held_out, GREEN))
    parts.append(dots(held_out, GREEN, 10))
    parts.append(text(RIGHT, TOP + 16, "● one name in training", "end", BLUE))
    parts.append(text(RIGHT, TOP + 40, "━ mean of the last 100", "end", ORANGE))
    parts.append(text(RIGHT, TOP + 64, "━ names held out of training", "end", GREEN))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"

if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
