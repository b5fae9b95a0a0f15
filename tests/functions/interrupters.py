# SPDX-License-Identifier: Apache-2.0
"""Processes that open files that are not there, half of them at real-time priority, so that they
interrupt the others wherever these are: interrupters.py PROCESSES TIMES."""
import os
import sys
import time

processes, times = int(sys.argv[1]), int(sys.argv[2])
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
for number in range(processes):
    if os.fork() == 0:
        urgent = number % 2
        if urgent:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1 + number))
        for turn in range(times):
            try:
                os.open(f"/nonexistent/{os.getpid()}/{turn}", os.O_RDONLY)
            except OSError:
                pass
            if urgent:
                time.sleep(0.0003)
        os._exit(0)
for _ in range(processes):
    os.wait()
