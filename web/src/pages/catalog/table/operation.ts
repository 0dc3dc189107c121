import { useT } from "@/i18n";

/** The word for what a version did, in Iceberg's four operations. */
export function useOperation(): (operation: string) => string {
  const t = useT();
  return (operation) => {
    switch (operation) {
      case "append":
      case "overwrite":
      case "replace":
      case "delete":
        return t(`catalog.operation.${operation}`);
      default:
        return operation;
    }
  };
}
