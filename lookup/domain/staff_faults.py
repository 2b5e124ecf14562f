"""What is wrong with something typed into the console or its command line; part of the one table in `faults`."""

from typing import Final

STAFF_MESSAGES: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("account", "missing"): (
        "还没有填写账号名。",
        "The name of the account is missing.",
    ),
    ("account", "shape"): (
        "账号名应为 2 到 40 个汉字、字母、数字、点、横线或下划线。请改正。",
        "The name of an account has 2 to 40 letters, digits, dots, hyphens or underscores. Please correct it.",
    ),
    ("account", "taken"): (
        "这个账号名已经用过（停用的账号也算）。请换一个。",
        "This name is taken, perhaps by a closed account. Please choose another.",
    ),
    ("account", "unknown"): (
        "没有这个账号。请核对账号名，可以用 lookup staff list 查看。",
        "There is no such account. Please check the name; `lookup staff list` shows all.",
    ),
    ("roles", "unknown"): (
        "没有这个角色。请从列出的角色中选择。",
        "There is no such role. Please choose one of those listed.",
    ),
    ("actor", "unknown"): (
        "没有这个工作人员账号或来源代号，也不是 32 位的操作人标识。请核对，或在列表中点选操作人。",
        "This is no staff account, no id of a source and no actor token of 32 characters. Please check it, or choose "
        "an actor in the list.",
    ),
    ("time", "shape"): (
        "时间没有看懂。请写成 2026-03-02T14:05。",
        "The time could not be read. Please write it as 2026-03-02T14:05.",
    ),
    ("time", "order"): (
        "开始时间应早于结束时间。请改正。",
        "The beginning must be before the end. Please correct it.",
    ),
    ("network", "shape"): (
        "网络应是一个 IP 地址或网段，例如 203.0.113.0/24。请改正。",
        "The network is an IP address or a prefix, for example 203.0.113.0/24. Please correct it.",
    ),
    ("filter", "rule"): (
        "规则代码只由字母、数字和 _ . / - 组成，例如 scope.unit。请改正，或清空这一项。",
        "The code of a rule has only letters, digits and _ . / -, for example scope.unit. Please correct or clear it.",
    ),
    ("filter", "event"): (
        "事件编号只由半角的字母、数字和符号组成，没有空格，最多 128 个。请改正，或清空这一项。",
        "An event id has at most 128 letters, digits and signs of ASCII and no space. Please correct or clear it.",
    ),
    ("filter", "unknown"): (
        "没有这样的筛选条件。请从列出的选项中选择。",
        "There is no such choice. Please choose one of those listed.",
    ),
    ("roles", "missing"): (
        "还没有选择角色。请至少选择一个。",
        "No role is chosen. Please choose at least one.",
    ),
    ("roles", "two_administrators"): (
        "系统、安全、审计三种管理员不能由同一个账号担任。请分给不同的人。",
        "System, security and audit administrator can not be one account. Please give them to different people.",
    ),
    ("roles", "supervisor_administrator"): (
        "监督员账号不能兼任管理员。请另建一个账号。",
        "A supervisor can not also be an administrator. Please make another account.",
    ),
    ("body", "missing"): (
        "还没有填写所属单位。报警人会看到是哪个单位查看了警情。",
        "The body is missing. Citizens are shown which unit or organisation looked at their report.",
    ),
    ("body", "shape"): (
        "所属单位应是单位或机构的名称，2 到 60 个字，不写人名、电话和证件号码。请改正。",
        "The body is the name of a unit or organisation, 2 to 60 characters, no person and no number. Please mend it.",
    ),
    ("covert", "role"): (
        "只有监督员可以申请暂不告知。请换一个账号。",
        "Only a supervisor can be allowed to look covertly. Please choose another account.",
    ),
    ("covert_reason", "unknown"): (
        "还没有选择暂不告知的理由。请从列出的理由中选择。",
        "No reason for the delay is chosen. Please choose one of those listed.",
    ),
    ("approval", "missing"): (
        "还没有填写批准文号。暂不告知须先经批准。",
        "The number of the decision is missing. A delay has to be approved first.",
    ),
    ("approval", "shape"): (
        "批准文号应为 4 到 40 个字，只用汉字、字母、数字和括号。请改正。",
        "The number of the decision has 4 to 40 letters, digits and brackets. Please correct it.",
    ),
    ("alarm", "unknown"): (
        "这条通道没有告警。请从列表中选择。",
        "This lane did not alarm. Please choose one of those listed.",
    ),
    ("alarm", "changed"): (
        "您打开这一页以后，这条告警后面的条目数变了，没有写入确认。请再看一遍，然后重新提交。",
        "The number of entries behind this alarm has changed since you opened the page, so nothing was acknowledged. "
        "Please look again, then send the form once more.",
    ),
    ("alarm_reason", "unknown"): (
        "还没有选择原因。请从列出的原因中选择。",
        "No reason is chosen. Please choose one of those listed.",
    ),
    ("decision", "missing"): (
        "还没有填写文号。确认以前须先查明原因并建档。",
        "The number of the file is missing. An alarm has to be looked into first.",
    ),
    ("decision", "shape"): (
        "文号应为 4 到 40 个字，只用汉字、字母、数字和括号。请改正。",
        "The number of a file has 4 to 40 letters, digits and brackets. Please correct it.",
    ),
    ("covert_days", "shape"): (
        "暂不告知的天数应是 1 到 90 的整数。请改正。",
        "The delay is a whole number of days from 1 to 90. Please correct it.",
    ),
    ("jurisdiction", "missing"): (
        "还没有填写管辖范围。请填写单位代码或它的前几位。",
        "The jurisdiction is missing. Please enter a unit code or its first digits.",
    ),
    ("jurisdiction", "character"): (
        "管辖范围只能是数字。请改正。",
        "The jurisdiction may contain digits only. Please correct it.",
    ),
    ("jurisdiction", "shape"): (
        "管辖范围应是单位代码或它的前 2、4、6、8、10 位。请改正。",
        "The jurisdiction is a unit code or its first 2, 4, 6, 8 or 10 digits. Please correct it.",
    ),
}
