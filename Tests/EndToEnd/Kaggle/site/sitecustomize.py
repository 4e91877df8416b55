"""On PYTHONPATH, this sends Kaggle's program to the stand-in of kaggle_server.py, at KAGGLE_STAND_IN's port."""

import os

try:
    from kagglesdk import kaggle_env
except ImportError:
    pass
else:
    endpoint = f"http://127.0.0.1:{os.environ['KAGGLE_STAND_IN']}"
    kaggle_env._env_to_endpoint[kaggle_env.KaggleEnv.LOCAL] = endpoint
