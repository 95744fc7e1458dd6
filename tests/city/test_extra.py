import subprocess
import sys

import pytest

WITHOUT = """
import importlib.util as util, runpy, sys
find = util.find_spec
util.find_spec = lambda name, *rest: None if name in {"moderngl", "scipy"} else find(name, *rest)
sys.argv = ["", "--help"]
runpy._run_module_as_main(%r)
"""


@pytest.mark.parametrize("module", ["city.render", "city.crops"])
def test_without_the_extra_a_command_says_so_in_one_line(module):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT % module], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "city needs moderngl, scipy: pip install -e '.[city]'" in done.stderr
    assert done.stderr.count("\n") == 1
