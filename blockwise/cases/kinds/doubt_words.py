"""Words that speak of people, each group with the reason why whoever signs must look. They refuse nothing: most kinds
speak of somebody somewhere, and only a person can say what for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from .model import Words


@dataclass(frozen=True)
class Group:
    code: str
    reason: Words
    zh: str
    en: str

    @cached_property
    def chinese(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\s+", "", self.zh))

    @cached_property
    def english(self) -> re.Pattern[str]:
        words = re.sub(r"\s*[|]\s*", "|", self.en.strip())
        return re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")


GROUPS = (
    Group(
        "lives",
        Words(
            "说到谁住在这里、谁在家：住处不登记住的人",
            "It speaks of who lives or is at home: a dwelling has no record of people",
        ),
        """家里|家中|在家|住户|租户|房客|租客|租房|租住|出租|租赁|合租|同住|实住|入住|住店|住宿|居住|暂住|住址|常住|留宿
        |借宿|户内|门前|家门|楼栋|独居|房东|户主|哪家|哪户|各户|每户|一户|宿舍|床位|旅客|客人""",
        r"""(?:at|outside|near|from|in) (?:a |the |their |his |her )?homes?|homes?|households?|lodg(?:er|ers|ing|ings)
        |tenan(?:t|ts|cy|cies)|rent(?:s|ed|er|ers|ing)|let housing|liv(?:e|es|ed|ing) (?:there|here|in|at|with|alone)
        |stay(?:s|ed|ing)? (?:there|here|in|at|with|overnight)|slept|sleep(?:s|ing)|landlords?|residen(?:ce|ts?|tial)
        |dwell(?:er|ers)|flatmates?|guests?|hostels?|dormitor(?:y|ies)|beds?|neighbou?rs?""",
    ),
    Group(
        "works",
        Words(
            "说到谁在做什么工作、靠什么为生：不按职业或生计给人分类",
            "It speaks of what people do for a living: they are not sorted by it",
        ),
        """务工|打工|从业人员|用工|员工|职工|雇员|雇工|工友|外卖员|快递员|骑手|保姆|保安员|失业|无业|闲散|待业|求职|就业
        |下岗|工作单位|职业|行业人员|工人""",
        r"""employees?|workers?|labou?rers?|staff lists?|couriers?|riders?|unemployed|jobless|idle|out of work
        |occupation of|job seekers?|migrants?|trades? of""",
    ),
    Group(
        "origin",
        Words(
            "说到从哪里来、是什么人：不按来处、民族给人分类",
            "It speaks of where people come from: they are not sorted by origin",
        ),
        """老家|来源地|来源省|来源[省市县]|从哪里来|哪里人|外来|外地|外省|本地人|返乡|来[沪京深穗]|籍贯|原籍|出生地|口音
        |方言|民族|族别|种族|新疆|西藏|境外|外籍|外国|国籍|流动人|流入|流出|迁入|迁出|省份|同乡""",
        r"""home (?:province|town|village|country)s?|come(?:s)? from|came from|from where
        |where (?:they|he|she) (?:come|came|is|are) from|origins?|provinces?|nativ(?:e|es)|ethnic(?:ity)?
        |nationalit(?:y|ies)|foreign(?:er|ers)?|outsiders?|newcomers?|xinjiang|tibet|accents?|dialects?|abroad
        |birthplaces?|migra(?:nts?|tion)""",
    ),
    Group(
        "believes",
        Words(
            "说到信什么、怎么想、聚在一起说什么：信仰、思想、集会不是类别",
            "It speaks of belief, opinion or gathering: these are no categories",
        ),
        """教会|教堂|教徒|信教|信众|信徒|聚点|聚会|聚集|集会|礼拜|祷告|祈祷|佛堂|道场|宗教|信仰|思想|动态|情绪|言论|观点
        |态度|立场|舆情|诉求群体|上访|信访|请愿|维权|串联|带领人|骨干|组织者|读书会|讲经|到会""",
        r"""church(?:es)?|mosques?|temples?|prayers?|worship(?:pers?)?|congregations?|believ(?:e|es|er|ers)|beliefs?
        |faiths?|religio(?:n|us)|sermons?|meetings?|gatherings?|states? of mind|mood|opinions?|attitudes?|thoughts?
        |views? on|petition(?:s|er|ers)?|activis(?:t|ts|m)|organi[sz]ers?|leaders?|reading circles?
        |attend(?:s|ed|ees?|ance)""",
    ),
    Group(
        "owes",
        Words(
            "说到欠债、信用、加分减分：人不打分，不记信用",
            "It speaks of debt, credit or marks: people are not scored",
        ),
        """欠债|欠款|欠薪|欠费|债务|负债|借贷|老赖|失信|诚信|信用|守信|征信|加分|减分|扣分|积分|得分|评分|分值|分数
        |等级评定|星级户|红黑榜|红榜|黑榜|表现|荣誉|^分$""",
        r"""debts?|debtors?|owe(?:s|d)?|credit(?:s|worthiness)?|honest(?:y)?|trustworth(?:y|iness)|integrity|marks?|plus
        |minus|merits?|ratings?|ranks?|scores?|behaviou?r|conduct of|grades? of (?:people|persons|residents)|arrears
        |loans?|points""",
    ),
    Group(
        "was",
        Words(
            "说到过去：释放、戒毒、矫正、病史、受罚。过去不跟着人",
            "It speaks of somebody's past or health: release, treatment, record. It does not follow a person",
        ),
        """释放|刑满|出狱|服刑|出监|解矫|矫正|帮教|安置|前科|案底|劳教|拘留|戒毒|吸毒|涉毒|涉邪|尿检|毛发检测|检测结果
        |阴性|阳性|康复|复吸|精神|患者|病人|病史|残疾|服药|受罚|处罚记录|五年内|回归|解除""",
        r"""released?|releasees?|return(?:ed|ees|ing) (?:people|persons|residents|citizens)|parole(?:es?)?
        |probation(?:ers?)?|ex offenders?|convict(?:s|ed|ion|ions)?|prison(?:er|ers)?|sentences? served
        |recover(?:y|ing)|rehabilitat(?:ion|ed|ing)|addicts?|drug users?|urine|negative|positive|tested|patients?
        |mental(?:ly)?|medication|disabled|criminal records?|after ?care|supervised|former""",
    ),
    Group(
        "where",
        Words(
            "说到人在哪、见没见到、几时出门回家：不记任何人的行踪",
            "It speaks of where somebody is, was seen, left or came back: nobody's movements are kept",
        ),
        """在哪|去哪|行踪|去向|轨迹|动向|下落|出门|回家|外出|返回|离开|出行|行程|作息|见到|见面|见人|待见|未见|未遇
        |不在家|本人|当面|上门|敲门|登门|走访|探访|回访|联系对象|每日|每周|每天|每月|逐日|逐户|当日|当晚|当天|今天
        |值守|蹲守|盯|守候|跟进对象|报到|签到|打卡|点名|摸排|排查|摸底|底数|普查|清查|核实身份|比对|命中|比中|抓拍
        |摄像|视频|人脸|相似|识别""",
        r"""where(?:abouts)?(?: today| now| they| he| she)?|moved?|movements?|came back|come back|went out|goes out
        |out and back|left and|left the|comings? and goings?|met in person|in person|seen|to be seen|saw
        |sight(?:s|ings?)?|not at home|daily|weekly|nightly|every (?:day|night|week|evening|door)
        |each (?:day|night|week)|tonight|today|tomorrow|last seen|check(?:s|ed)? in|roll calls?|knock(?:s|ed|ing)?
        |door to door|doors|calls? on|visits?|post outside|whom|sweeps?|surveys?|canvass(?:es|ing)?|match(?:es|ed)?
        |likeness|cameras?|video|recogni[sz](?:e|ed|tion)|hit""",
    ),
    Group(
        "told",
        Words(
            "说到谁反映了谁、给谁酬谢：不用人盯人，不为关于人的线索付酬",
            "It speaks of who told about whom, or of thanks for it: nobody is paid or kept to report on people",
        ),
        """反映|举报|检举|线索|信息员|情报|信息源|联络员|楼栋长|楼长|单元长|十户长|网格信息|报料|酬谢|酬金|酬劳|感谢金
        |补贴|打赏|举报人|知情|动静|异常情况|可疑|邻里情况|摸情况|社情|民情""",
        r"""stewards?|informations?|inform(?:s|ed|ants?|ers?)?|tips?|leads?|clues?|thanks|thank you|yuan paid|paid
        |payments?|fees?|allowances?|told (?:about|on)|whisper(?:s|ed)?|notes on|suspicious|unusual|which neighbou?r
        |about whom|contacts? in the building|eyes and ears""",
    ),
    Group(
        "counted",
        Words(
            "数的是人：抓了几个、该抓几个、到了几个、住了几个",
            "It counts people: caught, due, present or living there",
        ),
        """人数|人次|几人|多少人|名数|应抓|已抓|抓获|抓捕|查处|处罚数|带回|传唤|任务数|指标|应[查见访收到]|已[查见访]
        |完成数|目标数|人头""",
        r"""heads?|headcounts?|how many (?:people|persons|live|stay|are|were|came)
        |numbers? of (?:people|persons|men|women|guests|residents)|people caught|caught|catch(?:es)?|arrest(?:s|ed)?
        |detain(?:ed|ees)?|brought in|due and done|targets?|quotas?""",
    ),
    Group(
        "people",
        Words(
            "说的是人，不是事或地方",
            "It speaks of people, not of a matter or a place",
        ),
        """人员|人口|对象|本人|当事人|受检人|责任人|群体|人群|群众|居民|家属|亲属|亲友|关系人|同行|同伴|朋友|老人|老年
        |儿童|孩子|少年|青年|青少年|学生|家长|妇女|女性|男性|男子|女子|单身|夫妻|是谁|何人|的人$|的人[，。、；]|哪些人
        |名单|花名册|台账|一人一|建档|档案|户籍|姓名|身份|重点|特殊|关注|特定|来访|访客|顾客|客户|会员|业主|乘客|司机
        |车主|失踪|走失|嫌疑""",
        r"""persons?|people|individuals?|somebody|someone|who|whose|men|women|girls?|boys?|child(?:ren)?|elderly|youths?
        |students?|pupils?|parents?|famil(?:y|ies)|relatives?|friends?|associates?|couples?|residents?|names?
        |identit(?:y|ies)|members?|visitors?|customers?|owners?|drivers?|passengers?|files? (?:on|of)|registers?
        |lists? of|lives|private|missing person|suspects?|the person""",
    ),
)
