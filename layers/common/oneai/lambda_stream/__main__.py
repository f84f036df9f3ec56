"""`python -m oneai.lambda_stream`: what the wrapper script starts."""

import sys

from oneai.lambda_stream.process import main

if __name__ == "__main__":
    sys.exit(main())
