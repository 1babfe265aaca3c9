// The icons that pages use, by their names in Tabler's outline set.

export const ICONS = [
  "adjustments", "alert-triangle", "arrow-back-up", "arrow-left", "arrow-right", "bell", "brand-wechat", "building-store", "calendar-event",
  "camera", "cash", "chart-bar", "check", "chevron-down", "chevron-right", "circle-check", "circle-x", "clock",
  "coins", "copy", "credit-card", "discount", "download", "edit", "eye", "file-spreadsheet", "filter", "gavel", "gift",
  "heart", "home", "info-circle", "key", "layout-dashboard", "link", "list-check", "lock", "logout", "map-pin",
  "message-circle", "minus", "package", "percentage", "phone", "photo", "plus", "qrcode", "receipt", "receipt-refund",
  "refresh", "report-money", "search", "settings", "share", "shield-check", "shopping-bag", "shopping-cart", "star",
  "ticket", "trash", "truck", "truck-delivery", "upload", "user", "users", "users-group", "wallet", "webhook", "x",
];
