/** The small parts that every view is made of. */

import type { ButtonHTMLAttributes, ReactNode, SelectHTMLAttributes } from 'react';
import './controls.css';
import { Icon, type IconName } from './Icon';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: 'plain' | 'primary' | 'danger' | 'quiet';
  small?: boolean;
}

export function Button({ look = 'plain', small = false, className = '', ...rest }: ButtonProps) {
  const classes = ['button', look, small ? 'small' : '', className].filter(Boolean).join(' ');
  return <button type="button" {...rest} className={classes} />;
}

interface IconButtonProps extends Omit<ButtonProps, 'children'> {
  icon: IconName;
  label: string;
  /** What the pointer shows where the full label would be long. */
  hint?: string;
}

/** A button that shows only an icon; `label` is its name for everybody who cannot see it. */
export function IconButton({ icon, label, hint, className = '', look = 'quiet', ...rest }: IconButtonProps) {
  return (
    <Button {...rest} look={look} className={`icon ${className}`} aria-label={label} title={hint ?? label}>
      <Icon name={icon} />
    </Button>
  );
}

export function Select({ children, className = '', ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <span className={`select-frame ${className}`}>
      <select {...rest} className="select">
        {children}
      </select>
      <Icon name="down" />
    </span>
  );
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad';

export function Badge({
  tone = 'plain',
  title,
  children,
}: {
  tone?: Tone;
  title?: string;
  children: ReactNode;
}) {
  return (
    <span className={`badge ${tone}`} title={title}>
      {children}
    </span>
  );
}

export function Notice({
  tone = 'plain',
  children,
}: {
  tone?: 'plain' | 'warn' | 'bad';
  children: ReactNode;
}) {
  return (
    <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon name={tone === 'plain' ? 'about' : 'alert'} />
      <div>{children}</div>
    </div>
  );
}

export function Spinner() {
  return <span className="spinner" aria-hidden="true" />;
}

/** Appears only where a wait is long enough to be noticed. */
export function Waiting({ children }: { children: ReactNode }) {
  return (
    <p className="waiting" role="status">
      <Spinner />
      {children}
    </p>
  );
}

interface BlankProps {
  icon: IconName;
  title: string;
  children?: ReactNode;
}

/** What a view shows while it has nothing to show. */
export function Blank({ icon, title, children }: BlankProps) {
  return (
    <div className="blank">
      <Icon name={icon} size={36} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}
