{{/* Ports of `tcp` and `udp` that are somebody else's already, or whose names Kubernetes would refuse. */}}
{{- define "gatehouse.streamChecks" -}}
{{- $root := . -}}
{{- $controller := .Values.controller -}}
{{- $own := dict (include "gatehouse.statusPort" .) "NGINX's readiness" (toString (int $controller.metrics.port)) "controller.metrics.port" -}}
{{- range $name, $port := include "gatehouse.containerPorts" . | fromJson -}}
{{- $_ := set $own (toString (int $port)) (printf "controller.containerPort.%s" $name) -}}
{{- end -}}
{{- if include "gatehouse.hasHttp3" . -}}
{{- $_ := set $own (include "gatehouse.http3Port" .) "HTTP/3 (controller.config.use-http3)" -}}
{{- end -}}
{{- $served := dict -}}
{{- range $name := list "http" "https" -}}
{{- if index $controller.service (printf "enable%s" (title $name)) -}}
{{- $_ := set $served (toString (int (index $controller.service.ports $name))) (printf "controller.service.ports.%s" $name) -}}
{{- end -}}
{{- end -}}
{{- range $protocol := list "tcp" "udp" }}
{{- range $port, $target := index $root.Values $protocol }}
{{- if hasKey $own $port }}
{{ $protocol }}.{{ $port }} is set, but the Pod needs that port itself, for {{ index $own $port }}. Choose another port.
{{- else if and (eq $protocol "tcp") (hasKey $served $port) }}
{{ $protocol }}.{{ $port }} is set, but the Service has that port already, as {{ index $served $port }}. Choose another port.
{{- end }}
{{- $name := include "gatehouse.streamPortName" (list $root $port $protocol) }}
{{- if gt (len $name) 15 }}
portNamePrefix is {{ $root.Values.portNamePrefix }}, but the name {{ $name }} would be longer than the 15 characters that Kubernetes allows. Shorten it.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
