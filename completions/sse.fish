# Completion for fish. The programs know their candidates.

function __sse_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l bare (string unescape -- $current; or string trim --left --chars '\'"' -- $current)
    set -l lines ($program __complete $words "$bare" 2>/dev/null)
    switch "$lines[1]"
        case \tfiles
            set -l option (string match --regex '^--[^=]*=' -- $bare)
            for path in (__fish_complete_path (string replace --regex '^--[^=]*=' '' -- $bare))
                echo "$option$path"
            end
        case \tcommands
            __fish_complete_command
        case '*'
            string join \n -- $lines
    end
end

for program in sse-sub sse-pub sse-serve
    complete --command $program --no-files --arguments '(__sse_complete)'
end
