"""How notebooks 09 and 10 measure and draw. Open these files, and read.

`bill` takes the journey of a frame apart, `ways` are the ways to send one, `race` lets them run
against each other. `film` is a camera of stripes, in which a torn frame shows; `marks` tries out
queues and batches, `slots` memory that two processes share, and `readers` what several readers
cost.
"""
