"""Is the embedding model built? Runs Zhida's own builder over the packaged weights, once."""

import subprocess
import sys

from deploy.setup.environment import LOCKS, PYTHON
from deploy.setup.stamps import ROOT, fingerprint, forget, is_done, mark_done
from deploy.setup.uv import SetupError

_ROOM = ROOT / "src" / "zhida" / "inference"
_SOURCES = [_ROOM / name for name in ("build_minilm.py", "onnx_bytes.py", "model_manifest.py")]


def build_model() -> None:
    """Build the int8 ONNX model where its builder, or the weights' pin, has changed. It lands in ``.venv/share``."""
    mark = fingerprint([*_SOURCES, LOCKS / "model.txt"])
    if is_done("model", mark):
        return
    forget("model")
    print("Zhida set-up: building the embedding model (some seconds, once)", file=sys.stderr)
    if subprocess.run([str(PYTHON), "-m", "zhida.inference.build_minilm"], check=False, cwd=ROOT).returncode != 0:
        raise SetupError("The embedding model could not be built; what the builder said stands above.")
    mark_done("model", mark)
