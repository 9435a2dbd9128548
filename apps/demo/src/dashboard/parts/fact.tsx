/** A line of a `<dl>`: what is known, and its name before it. */
export function Fact({
  name,
  value,
  look = 'quiet',
}: {
  readonly name: string;
  readonly value: string;
  /** The class of the name. */
  readonly look?: string;
}) {
  return (
    <div>
      <dt class={look}>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
