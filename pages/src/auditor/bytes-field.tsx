import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { bytesOfFile } from '../verification/input';

interface BytesFieldProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onFile: (bytes: Uint8Array, name: string) => void;
  readonly children: ComponentChildren;
}

/** Where a σ or a block is pasted, dropped or chosen. */
export function BytesField({ text, onText, onFile, children }: BytesFieldProps): ComponentChildren {
  const [isOver, setOver] = useState(false);
  const take = async (file: File | undefined): Promise<void> => {
    if (file) onFile(bytesOfFile(new Uint8Array(await file.arrayBuffer())), file.name);
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
        void take(event.dataTransfer?.files[0]);
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
          Or a file
          <span class="hint">raw bytes, hexadecimal or base64; you may also drop it here</span>
          <input type="file" onChange={({ currentTarget }) => void take(currentTarget.files?.[0])} />
        </label>
        <div class="tools">{children}</div>
      </div>
    </section>
  );
}
