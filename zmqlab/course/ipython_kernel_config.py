# Installed as etc/ipython/ipython_kernel_config.py of the environment: see zmqlab/course/first_cell.py
c.InteractiveShellApp.extensions.append("zmqlab.course.first_cell")  # noqa: F821
