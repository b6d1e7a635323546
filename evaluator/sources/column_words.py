"""Names under which columns stand in people's own tables, best first, by canonical column; ``table.column``
where a name means something else in that table."""

from __future__ import annotations

_TEXT = """
shop: 店铺 店铺名称 店铺名 门店 商店 shop store
buyer: 买家 买家会员名 买家账号 买家旺旺 买家昵称 顾客 客户 用户 会员名 客户名 昵称 用户名 下单帐号 消费者 buyer customer user
account: 子账号 客服账号 客服 客服昵称 旺旺账号 旺旺昵称 接待客服 接待人 账号 坐席 account agent staff waiter
sender: 发送方 发送者 发言方 发送人类型 发送者类型 角色 账号类型 消息方向 发言人 方向 sender role sender_type from
ts: 发送时间 消息时间 聊天时间 评价时间 发生时间 时间 日期时间 time timestamp datetime created_at
text: 消息内容 聊天内容 发送内容 内容 消息 话术 content text message msg
messages.kind: 消息类型 内容类型 类型 type msg_type
auto: 自动回复 是否自动 是否自动回复 auto
to_account: 转接给 转入客服 接收客服 to_account
order_id: 订单号 订单编号 主订单编号 订单id 交易编号 订单 order_id orderid tid
created: 下单时间 订单创建时间 创建时间 拍下时间 提交时间 created create_time
paid: 付款时间 支付时间 订单付款时间 付款确认时间 paid pay_time
amount: 实付金额 实付款 订单金额 支付金额 应付金额 总金额 金额 amount payment
refunds.amount: 退款金额 退款总额 买家退款金额 退款 金额 amount refund_fee
order_items.amount: 商品金额 小计 金额 实付金额 amount
adjustments.amount: 调整金额 奖惩金额 金额 amount
postage: 邮费 运费 运费金额 postage freight
quantity: 数量 件数 商品数量 购买数量 宝贝总数量 quantity num
status: 订单状态 状态 status
memo: 商家备注 卖家备注 订单备注 备注 memo remark
grouped: 成团时间 拼单成功时间
sku: 商家编码 货号 sku sku编码
title: 商品名称 商品标题 宝贝标题 标题 商品 title
category: 类目 品类 分类 category
refund_id: 退款编号 退款单号 售后编号 售后单号 refund_id
applied: 退款申请时间 申请时间 退货创建时间 applied
completed: 退款完结时间 退款完成时间 完结时间 完成时间 退款时间 completed
refunds.kind: 退款类型 售后类型 类型
stage: 售中或售后 阶段
dispute: 是否纠纷 客服介入 纠纷
seller_fault: 卖家责任 商家责任 是否判责
by_seller: 自主完结 商家完结
score: 评分 分数 评价分 星级 满意度 score rating
source: 来源 评价来源 评价对象
sent: 邀评时间 邀请时间
tags: 标签 评价标签
escalations.kind: 投诉类型 升级类型 类型
upheld: 是否成立 成立 投诉成立
event: 事件 操作 上下线 动作 event
description: 描述相符 宝贝描述 商品描述
logistics: 物流服务 物流
service: 服务态度 卖家服务 服务
due: 最晚揽收时间 应揽收时间 截止时间
picked_up: 揽收时间 实际揽收时间
service_id: 服务单号 服务单
work_id: 工单号 工单编号 工单
opened: 建单时间 创建时间 开单时间
closed: 关闭时间 结单时间
customer: 客户 客户名称 customer
contract: 是否签约 签约 合同
nps: nps 推荐分 推荐意愿
employee_id: 工号 员工编号 员工号 employee_id
name: 姓名 员工姓名 名字 name
group: 分组 组别 小组 班组 group
role: 岗位 角色 职位 role
from: 生效日期 开始日期 启用日期 from
to: 失效日期 结束日期 停用日期 to
base_salary: 底薪 基本工资
hired: 入职日期 入职时间
taken: 考试日期 考试时间
exams.score: 成绩 得分 分数 考试成绩
pass_mark: 及格线 合格分 及格分
due_days: 应出勤天数 应出勤 应到天数
worked_days: 实出勤天数 出勤天数 实际出勤 实到天数
leave_days: 请假天数 请假
late_times: 迟到次数 迟到
reason: 原因 事由 说明 reason
approved_by: 审批人 批准人 核准人
claim: 异议 申诉理由 主张
decision: 裁定 裁定结果 处理结果
to_employee_id: 改判给 归属工号
by: 裁定人 处理人
when: 裁定时间 裁定日期 处理时间
note: 说明 备注
metric: 指标 指标id metric
value: 数值 值 value
percentile: 分位 百分位
label: 标注 标签 label
day: 日期 哪天 day date
"""  # noqa: E501

WORDS: dict[str, tuple[str, ...]] = {
    name: tuple(words.split())
    for name, _, words in (line.partition(": ") for line in _TEXT.split("\n") if line)
}

PLAIN = {"amount": "金额", "kind": "类型", "account": "客服账号", "sender": "发送人", "ts": "时间"}


def spoken(column: str) -> str:
    """A canonical column as a clerk knows it, with its own name; what is none stands as it is."""
    word = PLAIN.get(column) or WORDS.get(column, ("",))[0]
    return f"{word}（{column}）" if word else column
