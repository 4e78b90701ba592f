// What a person would call a process: the program, or what an interpreter interprets (deepflow.md section 8).

/** Options that take the next argument, by interpreter; what they name is not the script. */
const WITH_VALUE: Readonly<Record<string, readonly string[]>> = {
  java: ['--add-opens', '--add-exports', '--add-modules', '--module-path', '-p'],
  python: ['-W', '-X', '--check-hash-based-pycs'],
  node: ['-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions'],
  php: ['-d', '-c'],
  ruby: ['-I', '-r', '-C'],
  perl: ['-I'],
  lua: ['-l'],
};
/** Options that end the search: code from the command line has no name. */
const INLINE = /^(?:-c|-e|-p|-pe|--eval|--print)$/;
/** File names that say nothing: the folder says more. */
const MUTE = /^(?:index|main|server|app|start|run|manage|wsgi|asgi|__main__)\.[a-z]+$/;

export function base_name(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** argv[0] without path; a rewritten title ("nginx: worker process") without its text. */
export function program_name(argv0: string): string {
  const first = argv0.split(' ', 1)[0] ?? '';
  return base_name(first).replace(/^-/, '').replace(/:$/, '');
}

/** Whether the process replaced its arguments by a text about itself. */
export function is_title(argv0: string): boolean {
  return /^[\w./-]+: \S/.test(argv0);
}

/** Interpreter family of a program name, or undefined. */
function family(program: string): string | undefined {
  if (/^java$/.test(program)) return 'java';
  if (/^(?:python|pypy)[\d.]*$/.test(program)) return 'python';
  if (/^(?:node|nodejs|bun|deno)$/.test(program)) return 'node';
  if (/^php[\d.]*$/.test(program)) return 'php';
  if (/^ruby[\d.]*$/.test(program)) return 'ruby';
  if (/^perl[\d.]*$/.test(program)) return 'perl';
  if (/^lua(?:jit)?[\d.]*$/.test(program)) return 'lua';
  if (/^(?:ba|da|z|k)?sh$/.test(program)) return 'sh';
  return undefined;
}

export function process_name(args: readonly string[], executable: string, comm: string): string {
  const called = program_name(args[0] ?? '');
  // Browsers start their helpers by the link /proc/self/exe.
  const program = (called === 'exe' ? '' : called) || base_name(executable) || comm;
  const kind = is_title(args[0] ?? '') ? undefined : family(program);
  if (kind === undefined) return program;
  return (kind === 'java' ? java_name(args) : script_name(args, WITH_VALUE[kind] ?? [])) ?? program;
}

function java_name(args: readonly string[]): string | undefined {
  for (let i = 1; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-jar') return base_name(args[i + 1] ?? '') || undefined;
    if (arg === '-m' || arg === '--module') return args[i + 1];
    if (/^(?:-cp|-classpath|--class-path)$/.test(arg) || WITH_VALUE.java!.includes(arg)) i++;
    else if (!arg.startsWith('-')) return arg;
  }
  return undefined;
}

function script_name(args: readonly string[], with_value: readonly string[]): string | undefined {
  for (let i = 1; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-m') return args[i + 1];
    if (INLINE.test(arg)) return undefined;
    if (with_value.includes(arg)) i++;
    else if (!arg.startsWith('-') && arg !== '') return readable(arg);
  }
  return undefined;
}

function readable(path: string): string {
  const base = base_name(path);
  if (!MUTE.test(base)) return base;
  const folder = base_name(path.slice(0, Math.max(0, path.length - base.length - 1)));
  return folder === '' || folder === '.' ? base : `${folder}/${base}`;
}
