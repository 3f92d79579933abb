import classes from './brand.module.css';

/** The mark and the name: two batons, one handed on to the other. */
export function Brand({ size = 28 }: { readonly size?: number }) {
  return (
    <span className={classes.brand}>
      <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden>
        <rect width="32" height="32" rx="8" fill="#2447b8" />
        <g strokeWidth="4" strokeLinecap="round">
          <path d="M8.5 20.5 16 11.5" stroke="#ffffff" />
          <path d="M16.5 20.5 24 11.5" stroke="#8fd0ff" />
        </g>
      </svg>
      Staffetta
    </span>
  );
}
