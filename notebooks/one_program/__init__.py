"""One program, written four ways. Notebooks 07 and 08 use these files: open them, and read.

`work` is what the four have in common. `sockets_way` has the parts that talk through ZeroMQ, as
threads or as processes; `queues_way` those with queues, `asyncio_way` those with coroutines.
`measuring` and `breaking` try them out.
"""
