import { useId } from "react";

interface FieldProps {
  label: string;
  name: string;
  hint?: string;
  error?: string | undefined;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  inputMode?: "text" | "decimal";
  /** What is typed into `password` cannot be read over a shoulder. */
  type?: "text" | "password";
  /** More than one line. */
  rows?: number;
}

/** A labelled input that says what is wrong with it right below. */
export function Field(props: FieldProps) {
  const id = useId();
  const invalid = props.error !== undefined;
  const common = {
    id,
    name: props.name,
    autoComplete: "off",
    spellCheck: false,
    value: props.value,
    placeholder: props.placeholder,
    "aria-invalid": invalid,
    "aria-describedby": `${id}-note`,
  };
  return (
    <div className={invalid ? "field invalid" : "field"}>
      <label htmlFor={id}>{props.label}</label>
      {props.rows === undefined ? (
        <input
          {...common}
          type={props.type ?? "text"}
          inputMode={props.inputMode ?? "text"}
          onChange={(event) => props.onChange(event.target.value)}
        />
      ) : (
        <textarea {...common} rows={props.rows} onChange={(event) => props.onChange(event.target.value)} />
      )}
      <p id={`${id}-note`} className={invalid ? "error" : "hint"}>
        {props.error ?? props.hint ?? ""}
      </p>
    </div>
  );
}
