import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { bytesOfFile } from '../verification/input';

interface BytesFieldProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onFiles: (files: Promise<readonly Uint8Array[]>) => void;
  readonly children: ComponentChildren;
}

/** Where σ or blocks are pasted, dropped or chosen. */
export function BytesField({ text, onText, onFiles, children }: BytesFieldProps): ComponentChildren {
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null | undefined): void => {
    if (files && files.length > 0) onFiles(Promise.all([...files].map(readFile)));
  };
  return (
    <section
      class={isOver ? 'panel dropping' : 'panel'}
      aria-labelledby="bytes-title"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <h2 id="bytes-title">What to verify</h2>
      <div class="form">
        <label>
          A σ or a block, in hexadecimal or base64
          <textarea
            class="bytes"
            spellcheck={false}
            value={text}
            onInput={({ currentTarget }) => onText(currentTarget.value)}
          />
        </label>
        <label>
          Or files
          <span class="hint">
            raw bytes, hexadecimal or base64; you may also drop them here. Of several blocks the newest is judged.
          </span>
          <input type="file" multiple onChange={({ currentTarget }) => take(currentTarget.files)} />
        </label>
        <div class="tools">{children}</div>
      </div>
    </section>
  );
}

const readFile = async (file: File): Promise<Uint8Array> => bytesOfFile(new Uint8Array(await file.arrayBuffer()));
