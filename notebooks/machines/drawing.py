"""What notebook 16 draws."""

from statistics import median

from zmqlab import drawing


def draw_delay(measured):
    """Draw replies a second against the delay: {way: {delay in s: replies a second}}."""
    words = "; ".join(
        f"{way}: " + ", ".join(f"{n:.0f} a second at {1000 * s:.0f} ms" for s, n in numbers.items())
        for way, numbers in measured.items()
    )
    with drawing(words, 6, 3) as axes:
        for (way, numbers), style in zip(measured.items(), ("o-", "s--", "^:")):
            axes.plot([1000 * each for each in numbers], [*numbers.values()], style, label=way)
        axes.set(xlabel="delay, one way (ms)", ylabel="replies a second")
        axes.set_yscale("log")
        axes.set_yticks(ticks := [10, 30, 100, 300, 1000], list(map(str, ticks)))
        axes.minorticks_off()
        axes.grid()
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1))


def draw_rate(measured, bytes_of_a_frame):
    """Draw frames a second, and their age, against the rate: {rate: [frames/s, age, lost]}."""
    words = "; ".join(
        f"{rate / 1e6:.0f} MB/s: {fps:.0f} frames/s, {1000 * age:.0f} ms old"
        for rate, (fps, age, _) in measured.items()
    )
    with drawing(words, 8, 3, columns=2) as (left, right):
        rates = [rate / 1e6 for rate in measured]
        fps, ages, _ = zip(*measured.values())
        left.plot(rates, fps, "o-", label="arrived")
        left.plot(rates, [1e6 * rate / bytes_of_a_frame for rate in rates], "--", label="room for")
        left.set(xlabel="rate (MB/s)", ylabel="frames/s", ylim=(0, 40))
        left.legend()
        right.plot(rates, [1000 * age for age in ages], "s-", color="C1")
        right.set(xlabel="rate (MB/s)", ylabel="age of a frame (ms)")
        right.set_ylim(bottom=0)
        for axes in (left, right):
            axes.grid()


def draw_ticks(measured):
    """Draw how old each message was when it came: {title: [(sent, came), ...]}."""
    ages = {
        title: [1000 * (arrived - sent) for sent, arrived in came]
        for title, came in measured.items()
    }
    words = "age when it came; " + "; ".join(
        f"{title}: median {median(each):.0f} ms, at most {max(each):.0f} ms"
        for title, each in ages.items()
    )
    top = 1.05 * max(map(max, ages.values()))
    with drawing(words, 8, 3, columns=len(measured)) as several:
        for axes, (title, came) in zip(several, measured.items()):
            axes.plot(
                [sent - came[0][0] for sent, _ in came],
                ages[title],
                ".",
                ms=3,
            )
            axes.set(title=title, xlabel="sent (s)", ylabel="age when it came (ms)")
            axes.set_ylim(0, top)
            axes.grid()
