"""Cells as analysts write them: what each leaves in a run of ours is held against what it leaves in a kernel.

All of a table stand in one notebook, one after the other, so that an ordinary kernel is started once for them.
"""

from __future__ import annotations

LATER = "import time; time.sleep(0.3)"
"""A kernel learns of what a child has written some time after it was written."""

WELL: dict[str, list[str]] = {
    # what is printed
    "streams": ["import sys\nprint('one')\nprint('two')\nsys.stderr.write('three\\n');"],
    "flushed": ["for n in range(9): print(n, end='.', flush=True)"],
    "lines": ["sys.stdout.writelines(['x', 'y'])\nprint(sys.stdout.isatty(), sys.stdout.encoding, sys.stdout.name)"],
    "unicode": ["print('Việt Nam \\x1b[31mred\\x1b[0m')", "'Đ'"],
    "redirected": ["import io\nfrom contextlib import *\nwith redirect_stdout(io.StringIO()) as b: print(1)\nb.tell()"],
    "logging": ["import logging\nlogging.getLogger('mine').warning('careful')"],
    "warnings": ["import warnings\nwarnings.warn('careful')"],
    "trace printed": ["import traceback\ntry: 1 / 0\nexcept ZeroDivisionError: traceback.print_exc()"],
    "thread": ["import threading\nt = threading.Thread(target=print, args=('beside',)); t.start(); t.join()"],
    "thread shows": ["t = threading.Thread(target=display, args=('beside',)); t.start(); t.join()"],
    "thread lasts": [
        "go = threading.Event()\nt = threading.Thread(target=lambda: (go.wait(), print('late'))); t.start()",
        "go.set(); t.join()",
    ],
    # what others print
    "descriptor": [f"import os\nos.write(1, b'raw\\n'); {LATER}", f"os.write(2, b'\\xff raw\\n'); {LATER}"],
    "from C": [f"import ctypes\nctypes.CDLL(None).puts(b'said in C'); ctypes.CDLL(None).fflush(None); {LATER}"],
    "real stdout": [f"print('below', file=sys.__stdout__, flush=True); {LATER}"],
    "child": [
        f"import subprocess\ncode = subprocess.run(['echo', 'a child']).returncode; {LATER}\nprint(code)",
        "subprocess.run(['echo', 'caught'], capture_output=True, text=True).stdout",
        "subprocess.run(['echo', 'to nobody'], stdout=sys.stdout).returncode",
    ],
    "child says much": [f"subprocess.run(['seq', '1', '50000']); {LATER}"],
    "system": [f"os.system('echo by the shell'); {LATER}", "os.popen('echo read').read()"],
    "shell": ["!echo hi", "!echo wrong 1>&2", "!false", "_exit_code", "said = !echo one; echo two\nsaid"],
    "bash": ["%%bash\necho a\necho b 1>&2", "%%bash --out told\necho kept", "told", "%sx echo x"],
    "processes": [
        "from multiprocessing import Pool, Process\ndef square(x): return x * x\n"
        "with Pool(2) as pool: print(pool.map(square, [1, 2, 3]))",
        f"def say(): print('in a child', flush=True)\np = Process(target=say); p.start(); p.join(); {LATER}",
    ],
    "faulthandler": ["import faulthandler\nfaulthandler.enable()\nfaulthandler.is_enabled()", "faulthandler.disable()"],
    # what is shown
    "result": ["6 * 7", "None", "1\n2\n'last'", "'unseen';", "", "# nothing here"],
    "display": ["from IPython.display import HTML\ndisplay(HTML('<b>Đ</b>'))\nprint('between')\nHTML('<i>x</i>')"],
    "picture": ["from IPython.display import Image\nImage(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(20), format='png')"],
    "frame": ["import pandas as pd\npd.DataFrame({'a': [1, 2]})", "pd.Series([1.5], name='s')"],
    "kinds": [
        "from IPython.display import *\ndisplay(Latex('$x$'), Markdown('# y'), Math('z'), JSON({'a': [1, None]}))",
        "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>'), Javascript('1'), IFrame('x.html', 1, 2))",
        "Audio([0.0, 1.0, 0.5], rate=8000)",
    ],
    "mimes": ["class A:\n _repr_mimebundle_ = lambda *_, **k: {'text/plain': 'x', 'application/x+json': {}}\nA()"],
    "metadata": ["display({'text/plain': 'x'}, raw=True, metadata={'text/plain': {'kind': 'y'}})"],
    "shows itself": ["class B:\n    def _ipython_display_(self): print('shown')\nB()"],
    "no number": ["display({'application/json': {'a': float('nan'), 'b': [float('inf')]}}, raw=True)"],
    "days": ["import datetime\ndisplay({'application/json': {'a': datetime.date(2025, 1, 1), 'b': (1, 2)}}, raw=True)"],
    "clear": ["print('gone')\nclear_output()\nprint('left')", "print('gone')\nclear_output(wait=True)\nprint('left')"],
    "clear never": ["print('stays')\nclear_output(wait=True)", "print('next')"],
    "counting up": ["for n in range(20):\n    clear_output(wait=True); print(n)"],
    "update": ["shown = display(1, display_id='it')\nshown.update(2)", "update_display(3, display_id='it')"],
    "update both": ["display(1, display_id='k')", "display(2, display_id='k')", "display(3, display_id='k')"],
    "update later": ["h = display('one', display_id='w')\nclear_output()\ndisplay('other')", "h.update('two')"],
    "update nothing": ["update_display('x', display_id='nobody')"],
    "widget": ["import ipywidgets as w\nslider = w.IntSlider(value=3)\nslider", "slider.value = 5\nslider.value"],
    "output widget": [
        "out = w.Output()\nout",
        "with out:\n    print('inside')\n    display(1)\nprint('outside')",
        "len(out.outputs), out.outputs[0]['text']",
        "with out:\n    1 / 0\nprint('on')",
        "out.clear_output()",
        "out.outputs",
    ],
    "output widget catches": ["out = w.Output()\n@out.capture()\ndef f(): print('caught')\nf()", "out.outputs"],
    "button": ["b = w.Button(description='x')\nb.on_click(lambda _: print('clicked'))\nb.click()"],
    # magics
    "time": ["%time pass", "%%time\nprint(1)", "%timeit -n1 -r1 pass"],
    "capture": ["%%capture told\nprint('unseen'); print('a', file=sys.stderr); display(3)", "told.show()"],
    "cell magics": ["%%html\n<b>", "%%latex\n$x$", "%%markdown\n# x", "%%js\n1", "%%script cat\nhello"],
    "files": ["%%writefile r57_cell.py\nprint(__name__)\nV = 7", "%run r57_cell.py a b\nV",
              "import r57_cell\nr57_cell.V", "%%writefile -a r57_cell.py\nV = 8", "%load r57_cell.py",
              "os.remove('r57_cell.py')"],
    "precision": ["%precision 3\n3.14159", "%precision"],
    "extension": ["%load_ext autoreload\n%autoreload 2", "%autoreload 0"],
    "names": ["%who_ls int", "%env R57_CELL=1", "%pwd" + "\n_[-1:] != ''", "%alias hello echo hi\nhello", "%store V"],
    "repeated": ["print('again')", "%recall -1", "%history -l 1", "%macro mine 3", "%lsmagic"],
    "gui": ["%gui asyncio", "%gui"],
    "profile": ["%prun -q sum(range(3))", "%pip --version", "%autoawait"],
    "help": ["class C:\n    'what it says'\nC?", "print?", "len??", "%pdoc len", "%psource C"],
    "own magic": [
        "from IPython.core.magic import *\n@register_line_magic\ndef shout(line): return line.upper()",
        "%shout abc",
    ],
    # the names around
    "underscore": ["1 + 1", "_", "_, __", "Out[len(In) - 2], _oh is Out, _ih is In, In[-1][:3]"],
    "main": [
        "__name__, '__file__' in globals(), sys.modules['__main__'].__dict__ is globals(), type(__builtins__).__name__",
        "sys.argv[0].rpartition('/')[2], sys.argv[1], sys.path[0]",
        "[os.environ.get(each) for each in ('TERM', 'PAGER', 'FORCE_COLOR', 'MPLBACKEND', 'R57_CELL')]",
    ],
    "shell object": [
        "ip = get_ipython()\ntype(ip), ip.user_ns is globals(), 'IPKernelApp' in ip.config, ip.kernel.shell is ip",
        "ip.run_cell('print(5); 6')",
        "ip.run_line_magic('pprint', ''), ip.ev('1 + 1'), ip.getoutput('echo z')",
        "ip.kernel.get_parent()['content']['code'], sorted(ip.parent_header['header'])[:3]",
        "ip.kernel.do_complete('impor', 5)['matches'][:1], ip.kernel.implementation, ip.history_manager.hist_file",
        "ip.set_next_input('x = 1')",
        "sys.displayhook(5)",
    ],
    "pickle": ["import pickle\nclass D:\n    x = 1\npickle.loads(pickle.dumps(D())).x, D.__module__"],
    "source": ["import inspect\ndef g():\n    return 1  # here\ninspect.getsource(g)", "inspect.stack()[0].function"],
    "annotations": ["from __future__ import annotations\ndef f(x: undefined): pass\nf.__annotations__"],
    "signals": [
        "import signal\nsignal.getsignal(signal.SIGINT) is signal.default_int_handler",
        "def on(*_): raise TimeoutError('alarm')\nsignal.signal(signal.SIGALRM, on); signal.setitimer(0, 0.05)\n"
        "try: time.sleep(5)\nexcept TimeoutError as error: print(error)",
    ],
    "generator": ["def gen():\n    yield 1\n    yield 2\nlist(gen())"],
    # asyncio
    "await": ["import asyncio\nawait asyncio.sleep(0)\n'awaited'"],
    "one loop": ["loop = asyncio.get_running_loop()\nloop.is_running()", "asyncio.get_event_loop() is loop"],
    "task": [
        "async def count():\n    for n in range(3): seen.append(n); await asyncio.sleep(0.01)\n    return 'done'\n"
        "seen = []; task = asyncio.create_task(count())",
        "await asyncio.sleep(0.2)\nseen",
        "await task",
    ],
    "task prints": [
        "async def late():\n    await asyncio.sleep(0.1); print('late')\ntask = asyncio.create_task(late())",
        "await task; print('of this one')",
    ],
    "async for": ["async def each():\n    for n in range(2): yield n\nasync for n in each(): print(n)"],
    "beside": ["await asyncio.gather(asyncio.to_thread(lambda: 4), asyncio.wait_for(asyncio.sleep(0, 5), 1))"],
    "child awaited": [
        "p = await asyncio.create_subprocess_exec('echo', 'x', stdout=subprocess.PIPE)\n(await p.communicate())[0]",
    ],
    "context": ["from contextvars import ContextVar\nv = ContextVar('v', default=0)\nv.set(3)\nv.get()", "v.get()",
                "await asyncio.sleep(0); v.set(4)\nv.get()", "v.get()"],
    # what changes all that follows
    "events": ["post = lambda: print('after')\nip.events.register('post_execute', post)", "2",
               "ip.events.unregister('post_execute', post)"],
    "transformed": ["ip.input_transformers_post.append(lambda lines: [x.replace('TWO', '2') for x in lines])", "TWO"],
    "all shown": ["ip.ast_node_interactivity = 'all'", "1\n2\nx = 3", "ip.ast_node_interactivity = 'last_expr'"],
    "reset": ["%reset -f", "'ip' in globals()"],
}  # fmt: skip

WRONG: dict[str, list[str]] = {
    "error": ["print('before')\n1 / 0", "raise ValueError('first\\nsecond')"],
    "cause": ["try: 1 / 0\nexcept ZeroDivisionError as error: raise KeyError('x') from error"],
    "syntax": ["x =", "  x = 1\ny", "def"],
    "group": ["raise ExceptionGroup('g', [ValueError('a')])"],
    "exit": ["import sys\nsys.exit(3)", "raise SystemExit('bye')"],
    "interrupt": ["raise KeyboardInterrupt"],
    "unknown magic": ["%nosuchmagic", "%%nosuchmagic\nx"],
    "shell fails": ["%%bash\nexit 2"],
    "repr": ["class A:\n    def __repr__(self): raise ValueError('bad')\nA()"],
    "html": ["class B:\n    def _repr_html_(self): raise KeyError('bad')\ndisplay(B())\nprint('same cell')"],
    "asked": ["input('name? ')", "import getpass\ngetpass.getpass()", "breakpoint()"],
    "async": ["import asyncio\nasync def f(): 1 / 0\nawait f()", "asyncio.run(f())"],
    "minimal": ["%xmode Minimal\n1 / 0"],
    "on": ["print('still here')"],
}  # fmt: skip
