from .handle import Process as Process
from .handle import ProcessError as ProcessError
from .handle import StartError as StartError
from .launch import process as process
from .launch import processes as processes
from .launch import start as start
from .launch import stop_all as stop_all
from .observed import ready as ready

before_start: list[str]
