/** The form's path of a field the backend names: "input.customer.email" is "/customer/email"; inside a list, the list. */
export function fieldPath(field: string): string {
  const withoutIndexes = field.replace(/\[.*$/, "");
  const [root, ...parts] = withoutIndexes.split(".");
  const names = root === "input" ? parts : [root, ...parts];
  return `/${names.join("/")}`;
}
