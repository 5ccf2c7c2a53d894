# Installed in etc/ipython of the environment: see zmqlab/course/first_cell.py.
c = get_config()  # type: ignore[name-defined]
c.InteractiveShellApp.extensions.append("zmqlab.course.first_cell")
