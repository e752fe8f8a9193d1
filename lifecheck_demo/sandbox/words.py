"""What the sandbox's pages say, in Chinese and English."""

from typing import Final

LANGUAGES: Final = ("zh", "en")

WORDS: Final[dict[str, tuple[str, str]]] = {
    "sandbox-bar": (
        "沙箱环境 · 不作任何真实的生物识别判定",
        "Sandbox · no real biometric decision is made here",
    ),
    "other-language": ("English", "中文"),
    "title": ("活体检测", "Liveness check"),
    "time-left": ("本次检测剩余时间", "Time left for this check"),
    "ready-title": ("准备好了吗？", "Get ready"),
    "ready-lead": (
        "请将面部对准椭圆框，按提示操作。全程约 {seconds} 秒。",
        "Put your face in the oval and follow the prompts: about {seconds} seconds.",
    ),
    "asked-actions": ("请依次完成以下动作", "You will be asked to, in this order"),
    "asked-silent": (
        "只需看着摄像头，保持不动。",
        "You only look at the camera and hold still.",
    ),
    "asked-colours": ("屏幕将以这些颜色闪光", "The screen will flash in these colours"),
    "flash-warning-title": ("整个屏幕会闪烁", "The whole screen will flash"),
    "flash-warning": (
        "亮色与暗色交替，每秒最多闪烁一次。闪光可能诱发光敏性癫痫。"
        "按“停止”或 Esc 键可立即结束。",
        "Bright and dark colours take turns, at most one flash a second. Flashing can "
        "trigger seizures in people with photosensitive epilepsy. Stop and Esc end it "
        "at once.",
    ),
    "tips": (
        "请面向柔和的光源，摘下口罩和帽子，保持手机或电脑不动。",
        "Face a soft light, take off a mask or cap, and keep the device still.",
    ),
    "consent": (
        "我同意拍摄一张面部照片：仅显示在结果页上，最迟十分钟后删除。",
        "I agree that a photo of my face is taken. It is shown on the result page and "
        "deleted after ten minutes at the latest.",
    ),
    "consent-missing": ("请先勾选同意。", "Please tick the box first."),
    "start-camera": ("打开摄像头", "Start the camera"),
    "grade": (
        "演示级判定：会看面部、动作和闪光反射，但不是经认证的防攻击检测。",
        "A demonstration-grade judge: it looks at the face, the actions and the "
        "reflected light, but it is no certified presentation-attack detector.",
    ),
    "no-script": (
        "使用摄像头需要启用 JavaScript。您也可以在下方直接选择一个结果。",
        "The camera needs JavaScript. You can still choose a result below.",
    ),
    "camera-not-installed": (
        "此沙箱未安装图像处理组件，无法使用摄像头。管理员可运行：",
        "This sandbox lacks the packages that read pictures, so the camera is off. The "
        "operator can run:",
    ),
    "chooser-title": ("不用摄像头，直接选择结果", "No camera? Choose a result"),
    "chooser-lead": (
        "用于演示和联调：服务端将收到与真实检测相同的回答。",
        "For demos and integration: the server gets the same answer as after a real check.",
    ),
    "group-200": ("通过", "Passed"),
    "group-202": ("未通过（202）", "Not passed (202)"),
    "group-203": ("检测失败（203）", "Could not finish (203)"),
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
    "outcome-expire": ("立即过期", "Let the token expire now"),
    "received": ("收到的请求", "The request as it came in"),
    "stop": ("停止", "Stop"),
    "stopped": (
        "已停止，刚才的画面已删除。可以重新开始，或在下方选择一个结果。",
        "Stopped, and what was recorded is deleted. Start again, or choose a result below.",
    ),
    "again": ("重试", "Try again"),
    "report": ("报告无法完成并返回", "Report “could not finish” and go back"),
    "seconds": ("剩余 {n} 秒", "{n} seconds left"),
    "opening": ("正在打开摄像头……", "Opening the camera…"),
    "waiting-permission": (
        "浏览器正在等待您允许使用摄像头。请查看地址栏附近的提示。",
        "The browser is waiting for you to allow the camera. Look for its question near "
        "the address bar.",
    ),
    "done": ("完成，正在返回……", "Done, going back…"),
    "settle": ("请看着摄像头", "Look at the camera"),
    "look": ("请保持不动", "Hold still"),
    "flash": ("屏幕闪光中，请保持不动", "The screen flashes now: hold still"),
    "LookFront": ("请直视摄像头", "Look straight ahead"),
    "LookLeft": ("请向左转头", "Turn your head left"),
    "LookRight": ("请向右转头", "Turn your head right"),
    "LookUp": ("请抬头", "Look up"),
    "LookDown": ("请低头", "Look down"),
    "OpenMouth": ("请张嘴", "Open your mouth"),
    "BlinkEye": ("请眨眼", "Blink"),
    "ShakeHead": ("请左右摇头", "Shake your head"),
    "NodHead": ("请点头", "Nod"),
    "no-face": ("没有看到面部，请对准椭圆框", "No face seen: put it in the oval"),
    "many-faces": ("画面中有多张面孔，请单独一人", "More than one face: be alone"),
    "too-far": ("请靠近一点", "Come closer"),
    "too-near": ("请远离一点", "Move back a little"),
    "off-centre": ("请将面部移到中间", "Move your face to the middle"),
    "eyes-covered": ("请露出眼睛", "Uncover your eyes"),
    "turn-more": ("幅度再大一点", "A little more"),
    "too-fast": ("请慢一点", "More slowly"),
    "wrong-action": (
        "这不是要求的动作，请看提示",
        "That is another action: see the prompt",
    ),
    "back-to-front": ("请先回正，看着摄像头", "Look straight ahead first"),
    "more-screen-light": (
        "屏幕光太弱：请调高屏幕亮度或调暗环境，再试一次",
        "Too little screen light: raise the brightness or darken the room, once more",
    ),
    "too-dark": ("光线太暗，请靠近光源", "Too dark: move to the light"),
    "too-bright": ("光线太亮，请避开强光", "Too bright: turn away from strong light"),
    "blurred": (
        "画面模糊，请擦拭镜头并保持不动",
        "Blurred: wipe the lens and hold still",
    ),
    "hold": ("请保持不动", "Hold still"),
    "fail-no-api": (
        "此页面无法使用摄像头。摄像头只在 https 或本机地址（localhost）下可用："
        "请改用 https 地址打开，或换用最新版的 Chrome、Safari 或 Edge。",
        "This page cannot use a camera. Cameras work only over https or on localhost: "
        "open an https address, or use a current Chrome, Safari or Edge.",
    ),
    "fail-NotAllowedError": (
        "摄像头被禁止。请点击地址栏旁的图标，允许此网站使用摄像头（并检查系统的隐私设置），"
        "然后重试。",
        "The camera is blocked for this site. Allow it through the icon beside the "
        "address (and in the system's privacy settings), then try again.",
    ),
    "fail-NotFoundError": (
        "没有找到摄像头。请连接摄像头后重试，或用手机打开此演示。",
        "No camera was found. Connect one and try again, or open the demo on a phone.",
    ),
    "fail-NotReadableError": (
        "摄像头正被其他程序占用。请关闭会议等软件后重试。",
        "Another program is using the camera. Close meeting software and the like, then "
        "try again.",
    ),
    "fail-OverconstrainedError": (
        "此摄像头不支持所需的画面。请换一个摄像头后重试。",
        "This camera cannot give the picture that is needed. Try another one.",
    ),
    "fail-AbortError": (
        "设备未能启动摄像头。请重新插拔或重启设备后重试。",
        "The device could not start the camera. Reconnect it or restart the device, then "
        "try again.",
    ),
    "fail-SecurityError": (
        "浏览器的安全设置不允许使用摄像头。请检查设置，或换一个浏览器。",
        "The browser's security settings forbid the camera. Check them, or use another "
        "browser.",
    ),
    "fail-TypeError": (
        "浏览器不接受摄像头请求。请更新浏览器后重试。",
        "The browser did not accept the request for a camera. Update it and try again.",
    ),
    "fail-ended": (
        "摄像头在检测中途断开。请检查连接后重试。",
        "The camera was disconnected during the check. Look at its connection and try "
        "again.",
    ),
    "fail-other": (
        "摄像头无法使用。请重试，或换一个浏览器或设备。",
        "The camera cannot be used. Try again, or use another browser or device.",
    ),
    "fail-connection": (
        "与服务器的连接已中断。请检查网络后重试。",
        "The connection to the server is lost. Look at the network and try again.",
    ),
    "fail-too-many-runs": (
        "此次检测的尝试次数已用完。请返回并重新开始一次检测。",
        "This check has used up its attempts. Go back and start a new one.",
    ),
    "fail-hidden": (
        "页面被切换到后台，检测已停止。请重新开始。",
        "The page went to the background, so the check was stopped. Start again.",
    ),
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
        "真实服务在这种情况下不会返回：结果查询会一直得到 201，直到十分钟后过期。",
        "In this case the real service does not send anybody back: result queries get "
        "201 until the ten minutes are over.",
    ),
    "problem-expired-now": ("令牌已过期", "The token has expired"),
    "problem-expired-now-lead": (
        "从现在起，结果查询会得到 301。请回到演示页面查看结果。",
        "From now on result queries get 301. Go back to the demo to see it.",
    ),
    "problem-bad-outcome": ("无法识别的选择", "That choice is unknown"),
    "problem-bad-outcome-lead": (
        "请返回检测页面，用页面上的按钮选择一个结果。",
        "Go back to the check and choose a result with its buttons.",
    ),
    "back": ("返回", "Go back"),
    "to-check": ("回到检测页面", "Back to the check"),
    "to-return": ("仍然前往返回地址（不带结果）", "Open the return address anyway"),
    "ended-title": ("此处将跳转到小程序", "The mini-program would open here"),
    "ended-lead": (
        "浏览器无法打开小程序。真实页面会跳转到这个内部地址：",
        "A browser cannot open a mini-program. The real page would go to this address "
        "inside it:",
    ),
    "ended-close": (
        "可以关闭此页，或用浏览器的后退键回到演示。",
        "You can close this page, or go back to the demo.",
    ),
}


def say(lang: str, key: str, **values: object) -> str:
    """The sentence for *key*; raises `KeyError` for a key that is not here."""
    return WORDS[key][LANGUAGES.index(lang)].format(**values)
