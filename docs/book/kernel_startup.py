"""What holds in every kernel that executes a page: a warning is an error, as in the tests."""

import warnings

warnings.simplefilter("error")
# The kernel itself is not what is judged.
warnings.filterwarnings("ignore", module="ipykernel|jupyter_client|zmq|tornado")
