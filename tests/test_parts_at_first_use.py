"""The package's parts load when a name of theirs is first used, and not before."""

import subprocess
import sys


def run(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_asking_every_module_for_its_file_as_torch_does_while_it_is_imported_loads_no_part():
    assert run(
        "import inspect, sys\n"
        "from bert_keras import checkpoints, data, inference, layers, models, ops, training\n"
        "for module in list(sys.modules.values()):\n"
        "    hasattr(module, '__file__'), hasattr(module, '__wrapped__'), inspect.getmodule(run := lambda: 0)\n"
        "print({'keras', 'tensorflow', 'numpy'} & sys.modules.keys())\n"
    ) == "set()\n"  # fmt: skip


def test_a_part_is_loaded_by_its_first_name_and_is_an_ordinary_module_then():
    assert run(
        "import sys\n"
        "from bert_keras import ops\n"
        "import bert_keras.ops\n"
        "assert 'keras' not in sys.modules\n"
        "from bert_keras.ops import check_ids\n"
        "print(bert_keras.ops is ops, type(ops).__name__, 'keras' in sys.modules, callable(ops.check_ids))\n"
        "print(hasattr(ops, 'no_such_name'))\n"
    ) == "True module True True\nFalse\n"  # fmt: skip


def test_a_part_that_fails_to_load_says_so_at_each_use():
    assert run(
        "import sys\n"
        "from bert_keras import ops\n"
        "sys.modules['keras'] = None\n"
        "for _ in range(2):\n"
        "    try:\n"
        "        ops.check_ids\n"
        "    except ImportError as error:\n"
        "        print(error.name)\n"
    ) == "keras\nkeras\n"  # fmt: skip


def test_pythons_collector_is_off_while_a_part_loads_and_then_as_before():
    program = (
        "import gc\n"
        "from bert_keras import ops\n"
        "while_loading = []\n"
        "def note(phase, info):\n"
        "    while_loading.append(phase)\n"
        "gc.set_threshold(100)\n"
        "gc.{state}()\n"
        "gc.callbacks.append(note)\n"
        "loaded = ops.check_ids\n"
        "gc.callbacks.remove(note)\n"
        "print(len(while_loading) < 20, gc.isenabled())\n"  # it may run again before the line above
    )
    assert run(program.format(state="enable")) == "True True\n"
    assert run(program.format(state="disable")) == "True False\n"
