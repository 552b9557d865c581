{{/* Ports of NGINX's container by name, as JSON: http, https and what controller.containerPort adds. */}}
{{- define "gatehouse.containerPorts" -}}
{{- $controller := .Values.controller -}}
{{- $ports := dict "http" 8080 "https" 8443 -}}
{{- if $controller.hostNetwork -}}
{{- $ports = ternary (deepCopy $controller.hostPort.ports) (dict "http" 80 "https" 443) $controller.hostPort.enabled -}}
{{- end -}}
{{- range $name, $port := $controller.containerPort -}}
{{- $_ := set $ports $name ($port | int) -}}
{{- end -}}
{{- toJson $ports -}}
{{- end -}}

{{/*
The ports that clients use, as JSON: those of the Service, else those of the host. Behind a node port or a load balancer the Service's own are
named too, as there the client's are not known.
*/}}
{{- define "gatehouse.publicPorts" -}}
{{- $controller := .Values.controller -}}
{{- $service := $controller.service -}}
{{- $ports := dict "http" 80 "https" 443 -}}
{{- if and $service.enabled $service.external.enabled -}}
{{- $ports = merge (dict) $service.ports $ports -}}
{{- else if and $service.enabled $service.internal.enabled -}}
{{- $ports = merge (dict) $service.internal.ports $service.ports $ports -}}
{{- else if $controller.hostNetwork -}}
{{- $ports = include "gatehouse.containerPorts" . | fromJson -}}
{{- else if $controller.hostPort.enabled -}}
{{- $ports = merge (dict) $controller.hostPort.ports $ports -}}
{{- end -}}
{{- dict "http" ($ports.http | int) "https" ($ports.https | int) | toJson -}}
{{- end -}}

{{/* "true" when NGINX listens on a port that only a privileged process may take. */}}
{{- define "gatehouse.hasLowPort" -}}
{{- $low := false -}}
{{- range $name, $port := include "gatehouse.containerPorts" . | fromJson -}}
{{- if lt ($port | int) 1024 -}}{{- $low = true -}}{{- end -}}
{{- end -}}
{{- range $port := concat (keys .Values.tcp) (keys .Values.udp) -}}
{{- if lt ($port | int) 1024 -}}{{- $low = true -}}{{- end -}}
{{- end -}}
{{- if $low -}}true{{- end -}}
{{- end -}}

{{/* "true" when the containers have to start as root to keep NET_BIND_SERVICE: a Pod on the host's network may not set sysctls. */}}
{{- define "gatehouse.startsAsRoot" -}}
{{- if and .Values.controller.hostNetwork (include "gatehouse.hasLowPort" .) (not .Values.controller.containerSecurityContext) -}}true{{- end -}}
{{- end -}}

{{/* "true" when clients may speak HTTP/3. */}}
{{- define "gatehouse.hasHttp3" -}}
{{- $config := .Values.controller.config -}}
{{- if has (toString (index $config "use-http3")) (list "1" "t" "T" "TRUE" "true" "True") -}}true{{- end -}}
{{- end -}}

{{/*
The UDP port of HTTP/3. In a Pod it has a number of its own: Helm 3 merges ports of one number, whatever their protocol, and an upgrade
that adds or removes one of two would lose the other.
*/}}
{{- define "gatehouse.http3Port" -}}
{{- $https := (include "gatehouse.containerPorts" . | fromJson).https | int -}}
{{- if .Values.controller.hostNetwork -}}{{ $https }}{{- else -}}{{ ternary 8445 8444 (eq $https 8444) }}{{- end -}}
{{- end -}}

{{/* The name of a tcp or udp port; (list . port "tcp"). */}}
{{- define "gatehouse.streamPortName" -}}
{{- with (index . 0).Values.portNamePrefix }}{{ . }}-{{ end }}{{ index . 1 }}-{{ index . 2 }}
{{- end -}}

{{/* The ports of NGINX's container. */}}
{{- define "gatehouse.nginxPorts" -}}
{{- $root := . -}}
{{- $hostPort := .Values.controller.hostPort -}}
{{- $hasHostPort := and $hostPort.enabled (not .Values.controller.hostNetwork) -}}
{{- range $name, $port := include "gatehouse.containerPorts" . | fromJson }}
- name: {{ $name }}
  containerPort: {{ $port | int }}
  protocol: TCP
  {{- if and $hasHostPort (hasKey $hostPort.ports $name) }}
  hostPort: {{ index $hostPort.ports $name | int }}
  {{- end }}
{{- end }}
{{- if and (include "gatehouse.hasHttp3" .) (not .Values.controller.hostNetwork) }}
- name: http3
  containerPort: {{ include "gatehouse.http3Port" . }}
  protocol: UDP
  {{- if and $hasHostPort (hasKey $hostPort.ports "https") }}
  hostPort: {{ $hostPort.ports.https | int }}
  {{- end }}
{{- end }}
- name: status
  containerPort: {{ include "gatehouse.statusPort" . }}
  protocol: TCP
{{- range $protocol := list "tcp" "udp" }}
{{- range $port, $target := index $root.Values $protocol }}
- name: {{ include "gatehouse.streamPortName" (list $root $port $protocol) }}
  containerPort: {{ $port | int }}
  protocol: {{ upper $protocol }}
  {{- if $hasHostPort }}
  hostPort: {{ $port | int }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where NGINX says whether it is ready. */}}
{{- define "gatehouse.statusPort" -}}10246{{- end -}}
