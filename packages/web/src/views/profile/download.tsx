// What is shown (folded, zoomed to a frame) as files that other tools read.
import { collapsed, speedscope } from '../../model/profile/export.ts';
import { pprof } from '../../model/profile/pprof.ts';
import type { Tree } from '../../model/profile/tree.ts';
import { Icon } from '../../widgets/icon.tsx';
import { Popover } from '../../widgets/popover.tsx';

function save(text: BlobPart, name: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The browser has taken hold of it once the click is over.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const file_name = (name: string): string => name.replace(/[^\w.-]+/g, '_').slice(0, 100) || 'profile';

interface Props {
  readonly tree: Tree;
  readonly focus: number;
  readonly name: string;
  readonly event: string;
  readonly unit: string;
}

/** Units as pprof's own profiles name them. */
const PPROF_UNITS: Readonly<Record<string, string>> = { us: 'microseconds' };

export function Download({ tree, focus, name, event, unit }: Props) {
  const files = [
    {
      id: 'pprof',
      title: 'pprof',
      help: 'go tool pprof, Pyroscope',
      run: () => {
        const bytes = pprof(tree, focus, event, PPROF_UNITS[unit] ?? unit);
        save(bytes as Uint8Array<ArrayBuffer>, `${file_name(name)}.pb`, 'application/octet-stream');
      },
    },
    {
      id: 'collapsed',
      title: 'Collapsed stacks',
      help: 'flamegraph.pl, inferno',
      run: () => save(collapsed(tree, focus), `${file_name(name)}.collapsed.txt`, 'text/plain'),
    },
    {
      id: 'speedscope',
      title: 'speedscope',
      help: 'speedscope.app',
      run: () => save(speedscope(tree, focus, name, unit), `${file_name(name)}.speedscope.json`, 'application/json'),
    },
  ];
  return (
    <Popover
      title="Download what is shown"
      align="right"
      test_id="download"
      label={
        <>
          Download <Icon name="chevron" size={12} />
        </>
      }
    >
      {(close) => (
        <div className="compare-menu">
          {files.map((file) => (
            <button
              type="button"
              key={file.id}
              className="menu-item"
              data-testid={`download-${file.id}`}
              onClick={() => {
                file.run();
                close();
              }}
            >
              {file.title} <span className="quiet small">{file.help}</span>
            </button>
          ))}
        </div>
      )}
    </Popover>
  );
}
