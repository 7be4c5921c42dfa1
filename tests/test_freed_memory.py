import platform
import resource
import subprocess
import sys

import pytest

FAULTS_OF_LARGE_BLOCKS = """
import resource, sys
from bert_keras.freed_memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
for number in range(11):
    if number == 1:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(2**26).find(b"x")
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_large_blocks_are_taken_from_the_system_once():
    def faults(what):
        command = [sys.executable, "-c", FAULTS_OF_LARGE_BLOCKS, what]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    pages = 2**26 // resource.getpagesize()
    assert faults("keep") < pages / 10 and faults("give back") > pages
