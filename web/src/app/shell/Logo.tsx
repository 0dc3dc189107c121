/** The mark: three waves on a lake. */
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="8" fill="#0b7488" />
      <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round">
        <path d="M7 11.5c3-2.6 6-2.6 9 0s6 2.6 9 0" />
        <path d="M7 17c3-2.6 6-2.6 9 0s6 2.6 9 0" opacity=".75" />
        <path d="M7 22.5c3-2.6 6-2.6 9 0s6 2.6 9 0" opacity=".5" />
      </g>
    </svg>
  );
}
