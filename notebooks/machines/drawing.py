"""What notebook 16 draws."""

from zmqlab import drawing


def draw_delay(measured):
    """Draw what a second brings against the delay: {way: {delay in s: number a second}}."""
    words = f"number a second against delay, a line for each of {', '.join(measured)}"
    with drawing(words, 6, 3) as axes:
        for (way, numbers), style in zip(measured.items(), ("o-", "s--", "^:")):
            axes.plot([1000 * each for each in numbers], [*numbers.values()], style, label=way)
        axes.set(xlabel="delay, one way (ms)", ylabel="a second")
        axes.set_yscale("log")
        axes.set_yticks(ticks := [10, 30, 100, 300, 1000], list(map(str, ticks)))
        axes.minorticks_off()
        axes.grid()
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1))


def draw_rate(measured, bytes_of_a_frame):
    """Draw frames a second, and their age, against the rate: {rate: [frames/s, age, lost]}."""
    words = (
        "frames a second, beside what the line has room for, and the age of frames, against rate"
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
    words = f"age of each message against the time it was sent, for {', '.join(measured)}"
    top = 1050 * max(arrived - sent for came in measured.values() for sent, arrived in came)
    with drawing(words, 8, 3, columns=len(measured)) as several:
        for axes, (title, came) in zip(several, measured.items()):
            axes.plot(
                [sent - came[0][0] for sent, _ in came],
                [1000 * (arrived - sent) for sent, arrived in came],
                ".",
                ms=3,
            )
            axes.set(title=title, xlabel="sent (s)", ylabel="age when it came (ms)")
            axes.set_ylim(0, top)
            axes.grid()
