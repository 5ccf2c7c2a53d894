"""What `python -m benchmarks` writes: one table, one figure."""

from benchmarks.timing import number, spread, table

HEADS = ["", "median (quartiles)", "times as good as the base", "to be reached: reached"]
PANELS = (
    "Frames, VGA, one reader",
    "Frames, HD, one reader",
    "Frames, VGA, three readers",
    "Frames, HD, three readers",
    "Latency",
    "Recording",
    "Farm, 2 workers, 100 VGA frames, their spectrum",
    "Farm, 2 workers, 100 VGA frames, 10 ms",
)
# Colours that colour-blind people can tell apart (Okabe and Ito), and a shape for each as well.
KINDS = {
    "the article": ("#D55E00", "D"),
    "zmqlab": ("#0072B2", "o"),
    "other ways": ("#E69F00", "s"),
    "limits": ("#555555", "^"),
}
OURS = ("send_frame", "fft_farm", "Recorder", "ring", "zmqlab")
LIMITS = ("plain ", "memory copy")
DOT, INCHES_A_ROW = 6, 0.25

PREFACE = """\
# Benchmarks

    pip install -e ".[bench]"
    python -m benchmarks

took {minutes:.0f} minutes and wrote this page and the figure. `--quick` tries it in a few,
`python -m benchmarks frames` measures one section anew and keeps the others, with their day, and
`python -m benchmarks.frames` and the like print one. The live view is measured where the tests
in a browser run: `pip install -e ".[test]"`.

![{alternative}](benchmarks.svg)

{measured}.

All ways of a group take turns, round by round, so that what disturbs one disturbs all; the numbers
are medians and quartiles, the ratios are made round by round. More is better of a rate, less of a
time or a size; the ratio says how many times better than the first way of its group, or the one
marked as base. VGA is 640 × 480 × 3 bytes, HD 1920 × 1080 × 3. "Malloc": with the two variables of
glibc that `zmqlab.start` sets for its children. Every library is used as its documentation says it
is fastest; the programs beside this page tell how.

"""


def write_table(results, comparisons, path):
    text = PREFACE.format(
        minutes=results["minutes"],
        alternative=alternative(comparisons),
        measured="; ".join(measured(results)),
    )
    text += table(HEADS, rows(comparisons)) + "\n"
    left_out = dict.fromkeys(each for one in comparisons for each in one.left_out)
    failed = [f"{section}: {error}" for section, error in results["failed"].items()]
    for title, lines in (("Left out", left_out), ("Failed", failed)):
        if lines:
            text += f"\n{title}:\n\n" + "".join(f"- {line}\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def measured(results):
    """Return when and on what it was measured, and with which versions, in two texts."""
    versions = ", ".join(map(" ".join, results["versions"].items()))
    return f"Measured {results['date']} on {results['machine']}", versions


def rows(comparisons):
    """Return the rows of all groups, each below a row with its title."""
    for one in comparisons:
        yield [f"**{one.what}**" + (f", {one.date}" if one.date else ""), "", "", ""]
        for way, value, times, reached in one.rows():
            yield [way, value, f"{times} (base)" if way == one.base else times, reached]


def alternative(comparisons):
    """Return in words what the figure shows."""
    said = ["Dot plots of how many times better each way is than the first; of zmqlab's own ways"]
    for one in panels(comparisons):
        ours = [way for way in one.values if kind(way) == "zmqlab"]
        times = ", ".join(f"{way} {number(one.times(way)[0])} times" for way in ours)
        said.append(f"{one.what}: {times}")
    return ". ".join(said) + "."


def panels(comparisons):
    """Return the comparisons that the figure shows."""
    found = []
    for title in PANELS:
        found += [
            one for one in comparisons if one.what.startswith(title) and one.base in one.values
        ][:1]
    return found


def write_figure(results, comparisons, path):
    """Draw how many times better than the base each way is, a panel for each group."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    shown = panels(comparisons)
    if not shown:
        return
    lines = [shown[start : start + 2] for start in range(0, len(shown), 2)]
    heights = [max(len(one.values) for one in line) + 3 for line in lines]
    style = {"svg.fonttype": "none", "font.size": 9, "svg.hashsalt": "zmqlab"}
    # White below everything: readable on a dark page as well.
    with matplotlib.rc_context(style | {"figure.facecolor": "white", "axes.facecolor": "white"}):
        figure, grid = pyplot.subplots(
            len(lines),
            2,
            figsize=(12, INCHES_A_ROW * sum(heights) + 0.8),
            height_ratios=heights,
            squeeze=False,
            layout="constrained",
        )
        for axes in grid.flat[len(shown) :]:
            axes.set_visible(False)
        for one, axes in zip(shown, grid.flat, strict=False):
            draw(one, axes)
        handles = [
            pyplot.Line2D([], [], color=colour, marker=marker, linestyle="", label=kind)
            for kind, (colour, marker) in KINDS.items()
        ]
        handles.append(pyplot.Line2D([], [], color="black", marker="|", linestyle="", label="goal"))
        figure.legend(
            handles=handles, loc="outside upper center", ncols=len(handles), frameon=False
        )
        figure.supxlabel("\n".join(measured(results)), fontsize=8)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)


def draw(one, axes):
    """Draw one group: a dot for the median of the ratios, a line for its quartiles."""
    for row, way in enumerate(one.values):
        colour, marker = KINDS[kind(way)]
        middle, low, high = one.times(way)
        axes.plot([low, high], [row, row], color=colour, linewidth=2)
        axes.plot([middle], [row], color=colour, marker=marker, markersize=DOT)
        for mine, other, least in one.targets:
            if (mine, other) == (way, one.base):
                axes.plot([least], [row], color="black", marker="|", markersize=2 * DOT, zorder=3)
        value = f"{number(spread(one.values[way])[0])} {one.unit}"
        axes.annotate(value, (1.01, row), xycoords=("axes fraction", "data"), va="center")
    axes.set_yticks(range(len(one.values)), one.values)
    axes.invert_yaxis()
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if low <= t <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], minor=False)
    axes.set_xticks([], minor=True)
    axes.axvline(1, color="#999999", linewidth=0.8, zorder=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(one.what, loc="left", fontweight="bold", fontsize=9)
    axes.set_xlabel(f"times as good as {one.base}")


def kind(way):
    """Return whose way it is."""
    if way.startswith("article"):
        return "the article"
    if way.startswith(OURS):
        return "zmqlab"
    return "limits" if way.startswith(LIMITS) else "other ways"
