"""A rendered city with cameras and exact ground truth, for benchmarks and training."""

from importlib.util import find_spec

from detector.console.loading import end_on_ctrl_c

end_on_ctrl_c()
if _missing := [name for name in ("moderngl", "scipy", "PIL") if find_spec(name) is None]:
    # By this name, `python -m city.render` ends with the message alone, without a traceback.
    raise ModuleNotFoundError(
        f"city needs {', '.join(_missing)}: pip install -e '.[city]'", name=__name__
    )
