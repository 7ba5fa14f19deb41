import { type ComponentChildren } from 'preact';

import { href } from '../shell/route';

interface FilterProps<T extends string> {
  readonly label: string;
  /** Screen the filter is of. */
  readonly screen: string;
  readonly name: string;
  readonly options: readonly T[];
  /** What an option is called; its own name without. */
  readonly wordOf?: (option: T) => string;
  readonly value: string | null;
}

/** Narrows a list; the choice stands in the address, so that it can be linked and gone back from. */
export function Filter<T extends string>(props: FilterProps<T>): ComponentChildren {
  const { label, screen, name, options, wordOf, value } = props;
  const choose = (chosen: string): void => {
    location.hash = href([screen], chosen === '' ? {} : { [name]: chosen });
  };
  return (
    <label>
      {label}
      <select value={value ?? ''} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <option value="">all</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {wordOf?.(option) ?? option}
          </option>
        ))}
      </select>
    </label>
  );
}
