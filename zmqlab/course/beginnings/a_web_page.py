"""What the exercise of the notebook begins with."""


async def ask_in_turn(context, endpoint, lock, request, timeout):
    raise NotImplementedError("write me")
