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
  required?: boolean;
  autoFocus?: boolean;
}

/** A labelled input that says what is wrong with it right below. */
export function Field(props: FieldProps) {
  const id = useId();
  const invalid = props.error !== undefined;
  return (
    <div className={invalid ? "field invalid" : "field"}>
      <label htmlFor={id}>{props.label}</label>
      <input
        id={id}
        name={props.name}
        type="text"
        autoComplete="off"
        spellCheck={false}
        value={props.value}
        placeholder={props.placeholder}
        inputMode={props.inputMode ?? "text"}
        aria-invalid={invalid}
        aria-describedby={`${id}-note`}
        onChange={(event) => props.onChange(event.target.value)}
      />
      <p id={`${id}-note`} className={invalid ? "error" : "hint"}>
        {props.error ?? props.hint ?? ""}
      </p>
    </div>
  );
}
