import type { ui as en } from "../en/ui";
import type { Translation } from "../en";

export const ui: Translation<typeof en> = {
  "ui.retry": "다시 시도",
  "ui.breadcrumbs": "상위 페이지",
  "ui.close": "닫기",
  "ui.cancel": "취소",
  "ui.copy": "복사",
  "ui.copied": "복사했습니다",
  "ui.loading": "불러오는 중…",
  "ui.error.request": "요청 {id}",
  "ui.error.unreachable": "hosu 서버가 응답하지 않습니다",
  "ui.error.unreachable.detail": "서버에 연결할 수 없습니다.",
  "ui.error.unreachable.hint": "서버가 실행 중인지, 네트워크가 연결되어 있는지 확인하세요. 자동으로 다시 시도합니다.",
  "ui.error.unknown": "문제가 생겼습니다",
};
