import { type ComponentChildren } from 'preact';

import { href } from '../shell/route';

interface FilterProps {
  readonly label: string;
  /** Screen the filter is of. */
  readonly screen: string;
  readonly name: string;
  readonly options: readonly string[];
  readonly value: string | null;
}

/** Narrows a list; the choice stands in the address, so that it can be linked and gone back from. */
export function Filter({ label, screen, name, options, value }: FilterProps): ComponentChildren {
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
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}
