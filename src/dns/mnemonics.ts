/** Names for the numbers of a DNS registry, with the RFC 3597 section 5 form (`TYPE65280`) for those without one. */

export interface Mnemonics {
  /** The registered name, or prefix and decimal. */
  nameOf(value: number): string;
  /** Reads either form in any letter case; undefined for anything else. */
  parse(text: string): number | undefined;
}

/** `table` maps names to numbers, `max` is the highest number the field can hold. */
export function mnemonics(table: Readonly<Record<string, number>>, prefix: string, max: number): Mnemonics {
  const names = new Map(Object.entries(table).map(([name, value]) => [value, name]));
  const values = new Map(Object.entries(table));
  const numbered = new RegExp(`^${prefix}(\\d{1,5})$`);
  return {
    nameOf: value => names.get(value) ?? `${prefix}${value}`,
    parse(text) {
      const upper = text.toUpperCase();
      const known = values.get(upper);
      if (known !== undefined) return known;
      const value = Number(numbered.exec(upper)?.[1] ?? Number.NaN);
      return value <= max ? value : undefined;
    },
  };
}
