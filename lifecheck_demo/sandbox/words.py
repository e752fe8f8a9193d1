"""What the sandbox's pages say, in Chinese and English."""

from hashlib import sha256
from typing import Final

LANGUAGES: Final = ("zh", "en")

# What the camera page hands to its script: prompts and guidance, then failures.
SPOKEN: Final = (
    *("opening", "allow", "waiting-permission", "done", "seconds"),
    *("settle", "look", "flash"),
    *("LookFront", "LookLeft", "LookRight", "LookUp", "LookDown"),
    *("OpenMouth", "BlinkEye", "ShakeHead", "NodHead"),
    *("no-face", "many-faces", "too-far", "too-near", "off-centre", "too-dark"),
    *("too-bright", "blurred", "eyes-covered", "turn-more", "too-fast", "hold"),
    *("wrong-action", "back-to-front", "more-screen-light", "busy"),
    *("line", "line-ahead", "line-next", "line-full", "line-full-again", "line-late"),
)
FAILURES: Final = (
    *("stopped", "hidden", "insecure", "no-api", "NotAllowedError", "system"),
    *("dismissed", "NotFoundError", "NotReadableError", "OverconstrainedError"),
    *("AbortError", "SecurityError", "TypeError", "no-picture", "black", "ended"),
    *("connection", "gone", "too-many-runs", "camera-not-installed", "other"),
    "consent-missing",
)

WORDS: Final[dict[str, tuple[str, str]]] = {
    # Every page
    "sandbox-bar": (
        "沙箱环境 · 演示级判定，不用于真实业务",
        "Sandbox · judged for demonstration, not for real decisions",
    ),
    "sandbox": ("沙箱", "Sandbox"),
    "skip": ("跳到正文", "Skip to the content"),
    "other-language": ("English", "中文"),
    "title": ("活体检测", "Liveness check"),
    "time-left": ("本次检测剩余时间", "Time left for this check"),
    # Get ready
    "ready-title": ("准备好了吗？", "Get ready"),
    "ready-lead": (
        "请将面部对准椭圆框，按提示操作。全程约 {seconds} 秒。",
        "Put your face in the oval and follow the prompts: about {seconds} seconds.",
    ),
    "asked-actions": ("请依次完成以下动作", "What you will be asked to do"),
    "asked-nothing": ("您需要做的", "What you will do"),
    "asked-silent": ("看着摄像头，保持不动", "Look at the camera and hold still"),
    "with-flash": ("同时闪屏", "screen flashes"),
    "flash-none": ("屏幕不会闪烁", "The screen does not flash"),
    "flash-colours": ("闪烁的颜色：", "It flashes in these colours:"),
    "flash-colours-one": (
        "闪烁的颜色（与黑色或白色交替）：",
        "It flashes in this colour, in turn with black or white:",
    ),
    "flash-warning-title": ("整个屏幕会闪烁", "The whole screen will flash"),
    "flash-warning": (
        "亮色与暗色交替，每秒最多闪烁一次。闪光可能诱发光敏性癫痫：如果您或家人有相关病史，"
        "请选择不闪光的版本。",
        "Bright and dark colours take turns, at most one flash a second. Flashing can "
        "trigger seizures in people with photosensitive epilepsy. If you or a relative "
        "have it, choose a version without flashing.",
    ),
    "flash-stop": (
        "点“停止”按钮或按 Esc 键，闪烁会立即结束。",
        "The Stop button and the Esc key end it at once.",
    ),
    "flash-back": (
        "返回，选择不闪光的版本",
        "Go back and choose a version without flashing",
    ),
    "tips-title": ("几点提示", "A few tips"),
    "tip-light": ("面向柔和的光源，避免背光", "Face a soft light, not your back to it"),
    "tip-uncover": ("摘下口罩、帽子和墨镜", "Take off a mask, cap or sunglasses"),
    "tip-still": (
        "保持手机或电脑不动",
        "Keep the phone or computer still",
    ),
    "tip-screen": ("将屏幕亮度调到最高", "Turn the screen brightness all the way up"),
    "consent": (
        "我同意拍摄并测量我的面部，以判断是否为真人在场；其中一张照片显示在结果页上，"
        "最迟十分钟后删除。我可以随时停止，并要求删除。",
        "I agree that my face is filmed and measured to see whether a live person is "
        "there, and that one photo of it is shown on the result page and deleted after "
        "ten minutes at the latest. I can stop at any time, and have it forgotten.",
    ),
    "consent-missing": ("请先勾选同意。", "Please tick the box first."),
    "kept": ("保留哪些信息、保留多久（新标签页）", "What is kept, for how long (new tab)"),
    "start-camera": ("打开摄像头", "Start camera"),
    "grade": (
        "演示级判定：会看面部、动作和闪光反射，但不是经认证的防攻击检测。",
        "A demonstration-grade judge: it looks at the face, the actions and the "
        "reflected light, but it is no certified presentation-attack detector.",
    ),
    "no-script": (
        "使用摄像头需要启用 JavaScript 和较新的浏览器。您也可以直接选择一个结果。",
        "The camera needs JavaScript and a current browser. Without them you can still "
        "pick a result.",
    ),
    "camera-not-installed": (
        "此沙箱未安装图像处理组件，无法使用摄像头。管理员可运行：",
        "This sandbox lacks the packages that read pictures, so the camera is off. The "
        "operator can run:",
    ),
    # The outcome chooser
    "chooser-title": (
        "不用摄像头，直接选择结果",
        "Complete without a camera: pick a result",
    ),
    "chooser-lead": (
        "用于演示和联调：服务端得到的回答与真实检测相同。",
        "For demos and integration: the server gets the same answer as after a real check.",
    ),
    "chooser-more": ("其他结果", "Other results"),
    "group-202": ("未通过", "Not passed"),
    "group-203": ("未能完成", "Could not finish"),
    "group-none": ("没有返回", "No return"),
    "outcome-passed": ("检测通过", "Pass the check"),
    "outcome-202-hijack": ("检测到视频劫持攻击", "Camera hijack detected"),
    "outcome-202-actions": ("动作不符合给定序列", "Actions did not match"),
    "outcome-202-face": ("人脸未通过认证判断", "Face not confirmed"),
    "outcome-203-browser": ("浏览器或硬件故障", "Browser or hardware fault"),
    "outcome-203-permission": ("拒绝摄像头权限", "Camera permission refused"),
    "outcome-203-actions": ("动作参数错误", "Action list not accepted"),
    "outcome-203-other": ("其他错误", "Other fault"),
    "outcome-leave": ("中途离开，不返回", "Leave without finishing"),
    "outcome-expire": ("立即过期", "Expire now"),
    "received": ("收到的请求", "The request as it came in"),
    # Running
    "stage": ("检测进行中", "The check is running"),
    "stop": ("停止", "Stop"),
    "seconds": ("剩余 {n} 秒", "{n} seconds left"),
    "opening": ("正在打开摄像头……", "Opening the camera…"),
    "allow": (
        "浏览器询问时，请选择“允许”。",
        "If the browser asks, choose Allow.",
    ),
    "waiting-permission": (
        "浏览器仍在等待您允许使用摄像头。请查看地址栏附近的提示，它可能被其他窗口挡住。",
        "The browser still waits for you to allow the camera. Look for its question near "
        "the address bar; another window may cover it.",
    ),
    "done": ("完成，正在返回……", "Done, going back…"),
    "busy": ("同时检测的人较多，请稍候", "Many are being checked: one moment"),
    "line": ("约 {n} 秒后开始", "Starting in about {n} s"),
    "line-next": (
        "您是下一位。请不要关闭此页。",
        "You are next. Keep this page open.",
    ),
    "line-ahead": (
        "前面还有 {n} 人。请不要关闭此页，轮到您时会自动打开摄像头。",
        "{n} before you. Keep this page open: the camera opens by itself.",
    ),
    "line-full": ("排队的人太多", "Too many are waiting"),
    "line-full-again": (
        "前面已有 {n} 人。本页会自动重试，也可以稍后再来。",
        "{n} are in the line. This page tries again by itself; you may also come later.",
    ),
    "line-late": (
        "本次检测可能在轮到您之前就已过期；过期后请返回，重新发起。",
        "This check may expire before your turn. If it does, go back and start a new one.",
    ),
    "settle": ("请看着摄像头", "Look at the camera"),
    "look": ("请保持不动", "Hold still"),
    "flash": ("屏幕闪光中，请保持不动", "The screen flashes: hold still"),
    "LookFront": ("请直视摄像头", "Look straight ahead"),
    "LookLeft": ("请向左转头", "Turn your head left"),
    "LookRight": ("请向右转头", "Turn your head right"),
    "LookUp": ("请抬头", "Look up"),
    "LookDown": ("请低头", "Look down"),
    "OpenMouth": ("请张嘴", "Open your mouth"),
    "BlinkEye": ("请眨眼", "Blink"),
    "ShakeHead": ("请左右摇头", "Shake your head"),
    "NodHead": ("请点头", "Nod"),
    "no-face": ("没有看到面部，请对准椭圆框", "No face in view: come into the oval"),
    "many-faces": ("画面中有多张面孔，请单独操作", "More than one face: please be alone"),
    "too-far": ("请靠近一些", "Come closer"),
    "too-near": ("请离远一些", "Move back a little"),
    "off-centre": ("请将面部移到椭圆框中央", "Move your face to the middle"),
    "too-dark": ("光线太暗，请靠近光源", "Too dark: move to the light"),
    "too-bright": ("光线太亮，请避开强光", "Too bright: turn away from strong light"),
    "blurred": (
        "画面模糊，请擦拭镜头并保持不动",
        "Blurred: wipe the lens and hold still",
    ),
    "eyes-covered": ("看不到眼睛，请摘下遮挡物", "Your eyes are covered: uncover them"),
    "turn-more": ("幅度再大一些", "A little further"),
    "too-fast": ("请慢一些", "A little slower"),
    "hold": ("请保持不动", "Hold still"),
    "wrong-action": (
        "这不是要求的动作，请按提示再做一次",
        "That was another movement: try again",
    ),
    "back-to-front": ("请先回正，看着摄像头", "Look straight ahead first"),
    "more-screen-light": (
        "屏幕光太弱：请调高屏幕亮度或调暗环境，再试一次",
        "Too little screen light: raise the brightness or darken the room, once more",
    ),
    # When it stops: a sentence, then what to do
    "again": ("重试", "Try again"),
    "report": ("报告未能完成并返回", "Report “could not finish” and go back"),
    "pick": ("改为直接选择结果", "Pick a result instead"),
    "fail-stopped": ("已停止", "Stopped"),
    "remedy-stopped": (
        "刚才的画面已删除。您可以重新开始。",
        "What was recorded is deleted. You can start again.",
    ),
    "fail-hidden": (
        "页面被切换到后台，检测已停止",
        "The page went to the background, so the check was stopped",
    ),
    "remedy-hidden": (
        "请在检测期间保持此页面打开，然后重新开始。",
        "Keep this page in front during the check, and start again.",
    ),
    "fail-insecure": (
        "此地址不能使用摄像头",
        "Cameras do not work at this address",
    ),
    "remedy-insecure": (
        "浏览器只在 https 或本机地址上提供摄像头。请用 https 地址打开；"
        "如在运行演示的电脑上，请用 http://localhost 打开。",
        "Browsers give a camera only over https or on the computer itself. Open the "
        "https address, or http://localhost on the computer that runs the demo.",
    ),
    "fail-no-api": (
        "此浏览器不支持摄像头",
        "This browser offers no camera",
    ),
    "remedy-no-api": (
        "请用最新版的 Chrome、Safari 或 Edge 打开。",
        "Open the page in a current Chrome, Safari or Edge.",
    ),
    "fail-NotAllowedError": (
        "此网站的摄像头权限被拒绝",
        "The camera is blocked for this site",
    ),
    "remedy-NotAllowedError": (
        "请点地址栏旁的图标，允许此网站使用摄像头，然后重试。如仍不行，"
        "请在系统的隐私设置中允许此浏览器使用摄像头。",
        "Allow it through the icon beside the address, then try again. If that does not "
        "help, allow this browser to use the camera in the system's privacy settings.",
    ),
    "fail-system": (
        "系统不允许此浏览器使用摄像头",
        "The system does not let this browser use the camera",
    ),
    "remedy-system": (
        "请在系统的隐私设置中允许此浏览器使用摄像头，重新打开浏览器后再试。",
        "Allow the browser in the system's privacy settings, under Camera. Then reopen "
        "the browser and try again.",
    ),
    "fail-dismissed": (
        "浏览器的提问被关闭，没有得到回答",
        "The browser's question was closed without an answer",
    ),
    "remedy-dismissed": (
        "请重试，并在浏览器询问时选择“允许”。",
        "Try again, and choose Allow when the browser asks.",
    ),
    "fail-NotFoundError": ("没有找到摄像头", "No camera was found"),
    "remedy-NotFoundError": (
        "请连接摄像头后重试，或用手机打开此演示。",
        "Connect one and try again, or open the demo on a phone.",
    ),
    "fail-NotReadableError": (
        "摄像头正被其他程序占用",
        "Another program is using the camera",
    ),
    "remedy-NotReadableError": (
        "请关闭视频会议等正在使用摄像头的软件，然后重试。",
        "Close video calls and other software that uses it, then try again.",
    ),
    "fail-OverconstrainedError": (
        "此摄像头无法提供所需的画面",
        "This camera cannot give the picture that is needed",
    ),
    "remedy-OverconstrainedError": (
        "请换一个摄像头，或用手机打开此演示。",
        "Use another camera, or open the demo on a phone.",
    ),
    "fail-AbortError": (
        "设备未能启动摄像头",
        "The device could not start the camera",
    ),
    "remedy-AbortError": (
        "请重新连接摄像头或重启设备，然后重试。",
        "Reconnect the camera or restart the device, then try again.",
    ),
    "fail-SecurityError": (
        "浏览器的安全设置禁止使用摄像头",
        "The browser's security settings forbid the camera",
    ),
    "remedy-SecurityError": (
        "请检查这些设置，或换一个浏览器。",
        "Look at those settings, or use another browser.",
    ),
    "fail-TypeError": (
        "浏览器不接受对摄像头的请求",
        "The browser did not accept the request for a camera",
    ),
    "remedy-TypeError": (
        "请更新浏览器后重试，或换一个浏览器。",
        "Update it and try again, or use another browser.",
    ),
    "fail-no-picture": (
        "摄像头已打开，但没有画面",
        "The camera is on but sends no picture",
    ),
    "remedy-no-picture": (
        "请检查摄像头的隐私开关，关闭其他使用摄像头的软件，然后重试。",
        "Look for a privacy switch on it, close other software that uses it, and try "
        "again.",
    ),
    "fail-black": (
        "摄像头的画面全黑",
        "The camera's picture is all black",
    ),
    "remedy-black": (
        "请打开镜头盖或隐私开关，确保镜头没有被遮住，然后重试。",
        "Open its cover or privacy shutter, keep the lens free, and try again.",
    ),
    "fail-ended": (
        "摄像头在检测中途断开",
        "The camera was disconnected during the check",
    ),
    "remedy-ended": (
        "请检查摄像头的连接和权限，然后重试。",
        "Look at its connection and permission, then try again.",
    ),
    "fail-connection": (
        "与服务器的连接已中断",
        "The connection to the server is lost",
    ),
    "remedy-connection": (
        "请检查网络后重试。",
        "Look at the network and try again.",
    ),
    "fail-gone": (
        "这次尝试已在别处结束",
        "This attempt was ended elsewhere",
    ),
    "remedy-gone": (
        "可能在另一个窗口中重新开始了检测。请只保留一个窗口，然后重试。",
        "Perhaps the check was started again in another window. Keep one only, and try "
        "again.",
    ),
    "fail-too-many-runs": (
        "本次检测的尝试次数已用完",
        "This check has used up its attempts",
    ),
    "remedy-too-many-runs": (
        "请返回，重新发起一次检测。",
        "Go back and start a new check.",
    ),
    "fail-consent-missing": (
        "同意的文本已经更新",
        "The text of the consent is another one by now",
    ),
    "remedy-consent-missing": (
        "请刷新页面，阅读后再次勾选。",
        "Reload the page, read it, and tick the box again.",
    ),
    "fail-camera-not-installed": (
        "此沙箱无法读取画面",
        "This sandbox cannot read pictures",
    ),
    "remedy-camera-not-installed": (
        "请刷新此页，按页面上的说明安装所需组件。",
        "Reload the page: it says what the operator has to install.",
    ),
    "fail-other": ("摄像头无法使用", "The camera cannot be used"),
    "remedy-other": (
        "请重试，或换一个浏览器或设备。",
        "Try again, or use another browser or device.",
    ),
    "in-app": (
        "您正在应用内置的浏览器中打开此页面，它可能不支持摄像头（iOS 上的微信需要 iOS 14.3 "
        "或更高版本）。请点右上角的“…”，选择在系统浏览器中打开。",
        "You are in an app's own browser, which may have no camera (WeChat needs iOS 14.3 "
        "or newer). Use its menu to open the page in the system's browser.",
    ),
    # Problem pages
    "problem-unknown": ("找不到这次检测", "There is no such check"),
    "problem-unknown-lead": (
        "链接可能不完整，或检测已被删除。请回到发起检测的页面重新开始。",
        "The link may be cut short, or the check was deleted. Go back to where you came "
        "from and start again.",
    ),
    "problem-no-photo": ("照片已不存在", "The photo is gone"),
    "problem-no-photo-lead": (
        "照片最多保留十分钟，或已被删除。",
        "Photos are kept for ten minutes at most, or until they are deleted.",
    ),
    "problem-expired": ("这次检测已过期", "This check has expired"),
    "problem-expired-lead": (
        "每次检测的有效期为十分钟。请回到发起检测的页面重新开始。",
        "A check is valid for ten minutes. Go back to where you came from and start again.",
    ),
    "problem-finished": ("这次检测已经结束", "This check has ended already"),
    "problem-finished-lead": (
        "每次检测只能完成一次。请返回查看结果。",
        "A check can be done once only. Go back to see its result.",
    ),
    "problem-left": ("您已离开检测", "You have left the check"),
    "problem-left-lead": (
        "真实服务在这种情况下不会返回：查询结果会一直得到 201，直到十分钟后过期。",
        "In this case the real service does not send anybody back: result queries get "
        "201 until the ten minutes are over.",
    ),
    "problem-expired-now": ("令牌已过期", "The token has expired"),
    "problem-expired-now-lead": (
        "从现在起，查询结果会得到 301。请回到演示页面查看结果。",
        "From now on result queries get 301. Go back to the demo to see it.",
    ),
    "problem-not-sent-back": ("按约定，这里不返回", "Nobody is sent back, on purpose"),
    "problem-not-sent-back-lead": (
        "检测已经通过，但浏览器没有跳转到返回地址。服务端仍然可以查询结果。",
        "The check has passed, but the browser is not sent to the return address. The "
        "server can ask for the result all the same.",
    ),
    "problem-bad-outcome": ("无法识别的选择", "That choice is unknown"),
    "problem-bad-outcome-lead": (
        "请返回检测页面，用页面上的按钮选择一个结果。",
        "Go back to the check and choose a result with its buttons.",
    ),
    "problem-method": ("无法这样打开此地址", "This address cannot be opened like that"),
    "problem-method-lead": (
        "此地址只接受检测页面提交的数据。请回到发起检测的页面。",
        "It only takes what the check page sends. Go back to where you came from.",
    ),
    "problem-too-big": ("提交的数据过大", "Too much was sent at once"),
    "problem-too-big-lead": (
        "请返回检测页面重试。",
        "Go back to the check and try again.",
    ),
    "problem-internal": ("沙箱出现故障", "The sandbox is in trouble"),
    "problem-internal-lead": (
        "您没有做错什么。请稍候再试。",
        "It is nothing you did. Please try again in a moment.",
    ),
    "back": ("返回", "Go back"),
    "to-check": ("回到检测页面", "Back to the check"),
    "to-return": ("仍然前往返回地址（不带结果）", "Open the return address anyway"),
    # Faults on purpose
    "faults-title": ("故意出错的测试凭证", "Faults on purpose"),
    "faults-lead": (
        "把 AppCode 换成下面的值，沙箱就会以对应的方式出错：请求本身不用改，也不影响别人。",
        "Put one of these in place of the AppCode, and the sandbox goes wrong in that way. "
        "The request stays as it is, and nobody else is disturbed.",
    ),
    "faults-where": (
        "也可放在 X-Apig-AppCode 或 X-Bce-Signature: AppCode/… 中；需要签名的云市场则作为"
        "密钥 ID，签名密钥不变。查询结果、检测和返回类的测试会自动完成检测："
        "打开检测页面就会立即返回。",
        "X-Apig-AppCode and X-Bce-Signature: AppCode/… carry it too; for a market that "
        "wants a signature it is the key id, with the same secret. Those of the result, "
        "the check and the return end the check by themselves: its page leads back at "
        "once.",
    ),
    "faults-openapi": (
        "沙箱全部接口的描述（OpenAPI 3.1）",
        "A description of all that the sandbox serves (OpenAPI 3.1)",
    ),
    "faults-init": ("初始化", "Init"),
    "faults-result": ("查询结果", "Result"),
    "faults-check": ("检测", "Check"),
    "faults-return": ("返回", "Return"),
    "faults-account": (
        "账户状态（须用 --market 选择云市场）",
        "State of the account (with a market chosen by --market)",
    ),
    # How a run was judged
    "judged-title": ("这次检测是如何判定的", "How this was judged"),
    "judged-passed": ("通过", "Passed"),
    "judged-202": ("未通过", "Not passed"),
    "judged-203": ("无法判定", "Could not be told"),
    "judged-lead": (
        "沙箱测量了 {seconds} 秒内的 {frames} 帧画面，并得出以下结论。画面本身没有保存。",
        "The sandbox measured {frames} pictures in {seconds} seconds and came to this. "
        "The pictures themselves were not kept.",
    ),
    "judged-reasons": ("理由", "Reasons"),
    "judged-steps": ("步骤", "Steps"),
    "judged-plots": ("测得的曲线", "What was measured"),
    "judged-plots-lead": (
        "底色区域是各步骤的时间，编号与上面的步骤相同，着色的是该曲线最能说明的步骤；虚线是动作"
        "需要达到的幅度。角度以本人静止时的姿态为零。",
        "Shaded are the steps, under their numbers, and coloured those that a plot tells "
        "most about; a dashed line is how far an action has to go. Angles count from this "
        "person's own pose at rest.",
    ),
    "judged-light": ("闪光与面部反光", "The flash, and the light on the face"),
    "judged-light-lead": (
        "上方是屏幕实际显示的颜色，细阶梯线是屏幕的亮度，粗线是测得的面部亮度变化（已去除"
        "头部移动的影响）。真人的面部会跟随屏幕。",
        "On top the colours that the screen showed; the thin stair is the screen's light, "
        "the bold line the change measured on the face (with the head's motion taken "
        "out). A face before this screen follows it.",
    ),
    "judged-try": ("第 {n} 次尝试", "Try {n}"),
    "judged-numbers": ("更多数值", "More numbers"),
    "judged-limits": (
        "演示级判定，不是经认证的防攻击检测，也不判断是谁。以上数值最迟十分钟后删除。",
        "A demonstration-grade judgement, no certified presentation-attack detection, and "
        "it says nothing about who somebody is. These numbers are deleted after ten "
        "minutes at the latest.",
    ),
    "plot-yaw": ("转头（偏航角）", "Turn of the head (yaw)"),
    "plot-yaw-axis": ("正值为本人的左侧", "up is a turn to the person's own left"),
    "plot-pitch": ("抬头与低头（俯仰角）", "Lift of the head (pitch)"),
    "plot-pitch-axis": ("正值为抬头", "up is a lifted head"),
    "plot-mouth": ("张嘴（嘴部纵横比）", "Opening of the mouth (aspect ratio)"),
    "plot-mouth-axis": ("张开程度与两眼距离之比", "over the distance of the eyes"),
    "plot-eyes": ("眼睛（眼部纵横比）", "Opening of the eyes (aspect ratio)"),
    "plot-eyes-axis": ("向下的尖峰是眨眼", "a dip is a blink"),
    "plot-light": ("面部亮度变化", "Change of light on the face"),
    "plot-range": ("从 {low} 到 {high}", "from {low} to {high}"),
    "action-LookFront": ("直视", "Look ahead"),
    "action-LookLeft": ("向左转头", "Head to the left"),
    "action-LookRight": ("向右转头", "Head to the right"),
    "action-LookUp": ("抬头", "Head up"),
    "action-LookDown": ("低头", "Head down"),
    "action-OpenMouth": ("张嘴", "Mouth open"),
    "action-BlinkEye": ("眨眼", "Blink"),
    "action-ShakeHead": ("摇头", "Shake of the head"),
    "action-NodHead": ("点头", "Nod"),
    "step-settle": ("正对摄像头", "Face the camera"),
    "step-look": ("保持不动", "Hold still"),
    "step-flash": ("屏幕闪光", "Screen flash"),
    "step-done": ("完成", "done"),
    "step-not-done": ("未完成", "not done"),
    "step-not-begun": ("未开始", "not begun"),
    "step-seconds": ("{start}–{end} 秒", "{start}–{end} s"),
    "step-wrong": ("看到的是：", "seen instead:"),
    "number-frames": ("画面", "Pictures"),
    "number-camera": ("摄像头（页面所述）", "Camera (as the page says)"),
    "number-neutral": ("静止时的偏航角、俯仰角", "Yaw and pitch at rest"),
    "number-blinked": ("眨眼", "Blink"),
    "number-eyes_vary": ("眼睛开合的变化", "Variation of the eyes' opening"),
    "number-mouth_varies": ("嘴部的变化", "Variation of the mouth"),
    "number-bend": ("平面无法产生的形变", "Motion that no flat picture can make"),
    "number-flash": (
        "闪光：排名、相关系数、亮度变化、延迟",
        "Flash: rank, correlation, change of light, delay",
    ),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "problem-no-report": ("判定说明已不存在", "This report is gone"),
    "problem-no-report-lead": (
        "判定说明最多保留十分钟，或已随检测一起删除。",
        "Reports are kept for ten minutes at most, or until the check is deleted.",
    ),
    "reason-face-seen": (
        "看到了一张清晰的正面面孔。",
        "One face was there, frontal and clear enough to be measured.",
    ),
    "reason-moves-like-a-face": (
        "面部有真人才有的细微变化，照片做不到。",
        "It moved as a living face does, which a picture cannot.",
    ),
    "reason-actions-done": (
        "按顺序完成了要求的动作。",
        "The asked actions were done, in their order.",
    ),
    "reason-flash-followed": (
        "面部反光与本次屏幕闪光一致：在同样方式抽取的 {others} 组序列中，比其中 {beaten} "
        "组更吻合，亮度变化 {strength}%，延迟 {lag} 毫秒。",
        "The light on the face followed this run's own colours: it fitted them better than "
        "{beaten} of {others} sequences drawn the same way, changed by {strength} % and "
        "came {lag} ms after the screen.",
    ),
    "reason-frames-repeated": (
        "同一帧画面反复出现。真实摄像头不会给出两帧完全相同的画面。",
        "The very same picture came again. No camera gives two equal ones.",
    ),
    "reason-frames-loop": (
        "动作每隔 {loop} 秒重复一次，像循环播放的影片。",
        "Everything came again after {loop} s, as in a film that repeats.",
    ),
    "reason-frames-turned": (
        "从第 {turned} 秒起，动作倒着重复了一遍，像倒放的影片。",
        "From {turned} s on everything came again backwards, as in a film that is played "
        "to and fro.",
    ),
    "reason-time-jumps": (
        "画面的时间有跳跃、倒退或严重滞后。",
        "The times of the pictures jumped, ran backwards or fell far behind.",
    ),
    "reason-older-than-challenge": (
        "画面早于它声称所对应的颜色。",
        "Pictures were older than the colour they were said to show.",
    ),
    "reason-unlikely-camera": (
        "画面的尺寸或帧率不像任何摄像头，或在中途不断变化。",
        "The size or pace of the pictures is none that cameras have, or kept changing.",
    ),
    "reason-virtual-camera": (
        "摄像头自称“{label}”，这是生成画面的软件。",
        "The camera calls itself “{label}”, which is a program that makes pictures.",
    ),
    "reason-cut": (
        "画面或面孔在相邻两帧之间突变，像剪辑过的影片。",
        "The scene or the face jumped from one picture to the next, as at a cut in a film.",
    ),
    "reason-face-swapped": (
        "中途出现了与开始时不同的面孔。",
        "Another face than at the beginning was seen.",
    ),
    "reason-flash-not-followed": (
        "面部反光没有跟随本次屏幕的颜色：在同样方式抽取的 {others} 组序列中，"
        "只比其中 {beaten} 组更吻合。",
        "The light on the face did not follow this run's colours: it fitted them better "
        "than only {beaten} of {others} sequences drawn the same way.",
    ),
    "reason-wrong-order": (
        "动作的顺序与要求不同。",
        "The actions came in another order than was asked.",
    ),
    "reason-action-missing": (
        "两次尝试中都没有看到要求的动作。",
        "An asked action was not seen in two tries.",
    ),
    "reason-no-face": (
        "大部分时间没有看到面孔。",
        "For most of the time no face was to be seen.",
    ),
    "reason-still-picture": (
        "没有看到真人面部应有的细微变化，可能是一张照片。",
        "Nothing moved as a living face moves; it may be a picture.",
    ),
    "reason-too-few-frames": (
        "可用的画面太少，无法判定。",
        "There were too few usable pictures to tell.",
    ),
    "reason-black-frames": (
        "画面几乎全黑，无法判定。",
        "The pictures were almost black, so nothing could be told.",
    ),
    "reason-too-little-light": (
        "屏幕在面部的反光太弱，无法判定。请调高屏幕亮度或到光线较暗的地方。",
        "Too little of the screen's light came back from the face to tell. A brighter "
        "screen or a darker room helps.",
    ),
    "reason-never-still": (
        "看到了面孔，但没有一秒钟保持不动。",
        "A face was there, but never held still for a second.",
    ),
    # Where a mini-program would be opened
    "ended-title": ("此处将跳转到小程序", "The mini-program would open here"),
    "ended-lead": (
        "浏览器无法打开小程序。真实页面会跳转到这个内部地址：",
        "A browser cannot open a mini-program. The real page would go to this address "
        "inside it:",
    ),
    "ended-parts": ("地址中的参数", "What the address carries"),
    "ended-token": (
        "用它在服务端查询结果。",
        "Ask for the result with it, from your server.",
    ),
    "ended-success": (
        "只是页面的说法，不能当作结果。",
        "Only what the page claims; never take it for the result.",
    ),
    "ended-close": (
        "可以关闭此页，或用浏览器的后退键回到演示。",
        "You can close this page, or go back to the demo.",
    ),
    "copy": ("复制", "Copy"),
    "copied": ("已复制", "Copied"),
}


# What the control addresses refuse, and what to do next: read in a terminal.
CONTROL: Final[dict[str, tuple[str, str]]] = {
    "closed": (
        "控制接口只对本机开放：请在本机用 127.0.0.1 或 localhost 访问，且不经过代理；"
        "或者为沙箱设置密钥（单独运行时用 --control-key，演示中用 SANDBOX_CONTROL_KEY）。",
        "The controls are open to this computer only: call them from here, as 127.0.0.1 or "
        "localhost and not through a proxy, or give the sandbox a key (--control-key when "
        "it runs alone, SANDBOX_CONTROL_KEY in the demo).",
    ),
    "key-needed": (
        "请带上密钥：Authorization: Bearer <密钥>。",
        "Send the key along: Authorization: Bearer <key>.",
    ),
    "wrong-key": (
        "密钥不对。请使用启动沙箱时设置的那一个（--control-key 或 SANDBOX_CONTROL_KEY）；"
        "启动时未设密钥，则无需密钥，只限本机。",
        "This is not the key. Use the one that the sandbox was started with (--control-key "
        "or SANDBOX_CONTROL_KEY); started without one, it takes none, from this computer "
        "only.",
    ),
    "other-site": (
        "请求来自其他网站的页面，已拒绝。请从程序或终端中调用。",
        "A page of another site sent this, so it is refused. Call it from a program or a "
        "terminal.",
    ),
    "unknown": (
        "没有这个令牌的检测：可能从未开始、已被清空，或已超过一天。请先用 init 开始一次"
        "检测。",
        "There is no check with this token: it never began, was reset, or is older than a "
        "day. Begin one with init.",
    ),
    "not-here": (
        "这里没有内容。可用的地址见 openapi.json。",
        "There is nothing at this address. openapi.json lists what there is.",
    ),
    "method": (
        "此地址不接受这个请求方法，可用的方法见 Allow。",
        "This address does not take that method; Allow says which it takes.",
    ),
    "finished": (
        "这次检测已经结束，结果不能更改。请用 init 开始新的检测。",
        "This check has ended already, and its outcome stays. Begin another with init.",
    ),
    "expired": (
        "十分钟已过，令牌已失效。请用 init 开始新的检测。",
        "The ten minutes are over and the token has expired. Begin another with init.",
    ),
    "too-big": ("请求体过大，最多 4 KB。", "The body is too large: 4 KB at most."),
    "not-json": (
        "请发送 JSON，并加上 Content-Type: application/json。",
        "Send JSON, with Content-Type: application/json.",
    ),
    "bad-json": (
        '请求体不是 JSON 对象，例如 {"seconds": 600}。',
        'The body is no JSON object; one looks like {"seconds": 600}.',
    ),
    "bad-name": (
        "请求体含有未知的名称，可用的名称见 names。",
        "The body holds a name that is not known here; names lists those that are.",
    ),
    "bad-outcome": (
        "请给出 outcome，可用的值见 outcomes。",
        "Say which outcome; outcomes lists what there is.",
    ),
    "bad-seconds": (
        "seconds 须为大于 0 的数，每次最多一年（31622400），总共不超过一千年。时间只能向"
        "前，用 reset 复原。",
        "seconds has to be a number above 0, at most a year (31622400), and a thousand "
        "years in all. Time only goes forward; reset puts it back.",
    ),
    "unavailable": (
        "沙箱暂时无法读写数据文件夹。请检查磁盘空间和权限后重试。",
        "The sandbox cannot read or write its data folder. Look at its disk space and "
        "permissions, then try again.",
    ),
}

# What a program is told that begins a run while others are before the camera.
NO_PLACE: Final = (
    "当前检测人数已满，已为您排队：请按 again 秒数轮询 check/place，轮到后再开始。",
    "Others are before the camera, and this check waits in the line: ask check/place "
    "every so many seconds as `again` says, and begin when the place is yours.",
)

# Which text of the consent somebody has agreed to: another text has another name.
CONSENT: Final = sha256("\n".join(WORDS["consent"]).encode()).hexdigest()[:8]


def say(lang: str, key: str, **values: object) -> str:
    """The sentence for *key*; raises `KeyError` for a key that is not here."""
    return WORDS[key][LANGUAGES.index(lang)].format(**values)
